#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <sstream>

#include "core/error.h"
#include "core/file_system.h"
#include "data/images/image_file.h"
#include "label/dataset/formats.h"
#include "label/dataset/label_files.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr std::uint64_t kMaxXmlBytes = 16U << 20;

double number(const pugi::xml_node& parent, const char* name, const fs::path& file) {
  const std::string text = parent.child_value(name);
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != text.size()) {
    throw Error::untrusted(file, fmt::format("<{}> is '{}', no number", name, text));
  }
  return value;
}

int side(const pugi::xml_node& size, const char* name, const fs::path& file) {
  const double value = number(size, name, file);
  if (!(value >= 1 && value <= data::kMaxImageSide)) {
    throw Error::untrusted(file, fmt::format("<{}> is {} px", name, value));
  }
  return static_cast<int>(value);
}

void append_number(pugi::xml_node parent, const char* name, double value) {
  parent.append_child(name).text().set(fmt::format("{:.8g}", value).c_str());
}

LabelledPicture read_picture(const fs::path& file, std::vector<std::string>& classes,
                             std::map<std::string, std::int64_t>& indices) {
  pugi::xml_document document;
  const std::string text = core::read_file(file, kMaxXmlBytes);
  // No document type declarations, so that no entity is ever expanded.
  const auto result = document.load_buffer(text.data(), text.size(), pugi::parse_default);
  if (!result)
    throw Error::untrusted(file, result.description(), static_cast<std::uint64_t>(result.offset));
  const pugi::xml_node root = document.child("annotation");
  if (!root) throw Error::untrusted(file, "no <annotation>");
  LabelledPicture picture;
  picture.file = root.child_value("filename");
  picture.width = side(root.child("size"), "width", file);
  picture.height = side(root.child("size"), "height", file);
  for (const pugi::xml_node& node : root.children("object")) {
    const std::string name = node.child_value("name");
    if (name.empty()) throw Error::untrusted(file, "an <object> without <name>");
    const auto [found, is_new] = indices.emplace(name, static_cast<std::int64_t>(classes.size()));
    if (is_new) classes.push_back(name);
    const pugi::xml_node box = node.child("bndbox");
    AnnotatedObject object;
    object.class_index = found->second;
    // Pixels are counted from 1, and the last belongs to the box.
    const double left = number(box, "xmin", file) - 1, top = number(box, "ymin", file) - 1;
    object.box = {left, top, number(box, "xmax", file) - left, number(box, "ymax", file) - top};
    picture.objects.push_back(std::move(object));
  }
  return picture;
}

}  // namespace

LabelledDataset read_voc_dataset(const fs::path& folder, const fs::path& images) {
  LabelledDataset dataset;
  dataset.images = images;
  const fs::path annotations = folder / "Annotations";
  if (!fs::is_directory(annotations)) {
    throw Error::missing(fmt::format("there is no folder {}", annotations.string()));
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(annotations)) {
    if (entry.is_regular_file() && entry.path().extension() == ".xml")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::map<std::string, std::int64_t> indices;
  // The format has no list of classes; ours says the order.
  if (const fs::path list = folder / "classes.txt"; fs::exists(list)) {
    std::istringstream lines(core::read_file(list, kMaxXmlBytes));
    for (std::string name; std::getline(lines, name);) {
      if (!name.empty() && name.back() == '\r') name.pop_back();
      if (name.empty()) continue;
      if (indices.emplace(name, static_cast<std::int64_t>(dataset.classes.size())).second) {
        dataset.classes.push_back(name);
      }
    }
  }
  for (const fs::path& file : files) {
    dataset.pictures.push_back(read_picture(file, dataset.classes, indices));
  }
  check_dataset(dataset, folder);
  return dataset;
}

void write_voc_dataset(const LabelledDataset& dataset, const fs::path& folder) {
  LabelFiles files(folder / "Annotations", ".xml");
  for (const LabelledPicture& picture : dataset.pictures) {
    pugi::xml_document document;
    pugi::xml_node root = document.append_child("annotation");
    root.append_child("filename").text().set(picture.file.c_str());
    pugi::xml_node size = root.append_child("size");
    size.append_child("width").text().set(picture.width);
    size.append_child("height").text().set(picture.height);
    size.append_child("depth").text().set(3);
    root.append_child("segmented").text().set(0);
    for (const AnnotatedObject& object : picture.objects) {
      pugi::xml_node node = root.append_child("object");
      node.append_child("name").text().set(
          dataset.classes[static_cast<std::size_t>(object.class_index)].c_str());
      node.append_child("pose").text().set("Unspecified");
      node.append_child("truncated").text().set(0);
      node.append_child("difficult").text().set(object.crowd ? 1 : 0);
      pugi::xml_node box = node.append_child("bndbox");
      append_number(box, "xmin", object.box.x + 1);
      append_number(box, "ymin", object.box.y + 1);
      append_number(box, "xmax", object.box.x + object.box.width);
      append_number(box, "ymax", object.box.y + object.box.height);
    }
    std::ostringstream text;
    document.save(text, " ");
    core::write_file_atomic(files.of(picture), text.str());
  }
  std::string names;
  for (const std::string& name : dataset.classes) names += name + "\n";
  core::write_file_atomic(folder / "classes.txt", names);
}

}  // namespace ersatz::label
