#include "label_choice.h"

#include <fmt/format.h>

#include <map>

#include "core/error.h"
#include "core/suggest.h"

namespace ersatz::apples {
namespace {

namespace fs = std::filesystem;

// Programs that label change endings.
std::string stem_of(const std::string& file) { return fs::path(file).stem().string(); }

}  // namespace

std::string label_method_name(LabelMethod method) {
  switch (method) {
    case LabelMethod::kDetector:
      return "detector";
    case LabelMethod::kAttention:
      return "attention";
    case LabelMethod::kManual:
      return "manual";
  }
  return "";
}

const std::vector<LabelMethod>& automatic_methods() {
  static const std::vector<LabelMethod> all = {LabelMethod::kDetector, LabelMethod::kAttention};
  return all;
}

std::string LabelChoice::words() const {
  switch (method) {
    case LabelMethod::kDetector:
      return "automatic labels: a detector taught on drawn orchards";
    case LabelMethod::kAttention:
      return "automatic labels: attention to the word";
    case LabelMethod::kManual:
      return "manual labels";
  }
  return "";
}

std::string LabelChoice::short_words() const {
  switch (method) {
    case LabelMethod::kDetector:
      return "generated pictures labelled by a detector";
    case LabelMethod::kAttention:
      return "generated pictures labelled by attention";
    case LabelMethod::kManual:
      return "generated pictures labelled by hand";
  }
  return "";
}

LabelChoice label_choice(const core::Config& config) {
  LabelChoice choice;
  const std::string& name = config.get_string("labels.method");
  bool known = false;
  std::vector<std::string> names;
  for (const LabelMethod method :
       {LabelMethod::kDetector, LabelMethod::kAttention, LabelMethod::kManual}) {
    names.push_back(label_method_name(method));
    if (names.back() != name) continue;
    choice.method = method;
    known = true;
  }
  if (!known) throw core::unknown_name("labels.method", name, names);
  choice.folder = config.get_string("labels.folder");
  choice.format = config.get_string("labels.format");
  if (choice.folder.empty()) return choice;
  if (!choice.manual()) {
    throw core::Error::usage(
        fmt::format("labels.folder is {}, labels.method is {}", choice.folder.string(), name),
        "labels that somebody drew are used with -o labels.method=manual");
  }
  if (!fs::exists(choice.folder)) {
    throw core::Error::missing(fmt::format("there is no {}", choice.folder.string()),
                               "labels.folder is a folder or file of labels");
  }
  return choice;
}

label::LabelledDataset taken_labels(const label::LabelledDataset& pictures,
                                    const label::LabelledDataset& labelled) {
  std::map<std::string, const label::LabelledPicture*> by_stem;
  for (const label::LabelledPicture& picture : labelled.pictures) {
    if (!by_stem.emplace(stem_of(picture.file), &picture).second) {
      throw core::Error::usage(
          fmt::format("{} is labelled twice", fs::path(picture.file).filename().string()));
    }
  }
  label::LabelledDataset taken;
  taken.images = pictures.images;
  taken.classes = pictures.classes;
  for (const label::LabelledPicture& picture : pictures.pictures) {
    const auto found = by_stem.find(stem_of(picture.file));
    if (found == by_stem.end()) continue;
    if (found->second->width != picture.width || found->second->height != picture.height) {
      throw core::Error::usage(fmt::format("{} is of {} x {} px, its labels of {} x {} px",
                                           picture.file, picture.width, picture.height,
                                           found->second->width, found->second->height));
    }
    label::LabelledPicture next = picture;
    next.objects = found->second->objects;
    for (label::AnnotatedObject& object : next.objects) object.class_index = 0;
    taken.pictures.push_back(std::move(next));
  }
  if (taken.pictures.empty()) {
    throw core::Error::usage(
        "the labels are of none of the generated pictures",
        "labels belong to a picture when the names of their files are the same but for the ending");
  }
  return taken;
}

}  // namespace ersatz::apples
