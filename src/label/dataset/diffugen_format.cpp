#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "core/error.h"
#include "core/file_system.h"
#include "data/images/image_file.h"
#include "label/dataset/formats.h"
#include "label/dataset/label_files.h"
#include "label/dataset/mask_outlines.h"
#include "label/diffugen/label_file.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr std::uint64_t kMaxTextBytes = 16U << 20;

std::vector<std::string> class_names(const fs::path& folder) {
  std::vector<std::string> names;
  if (const fs::path recipe = folder / "recipe.json"; fs::exists(recipe)) {
    const Json json = core::read_json(recipe);
    if (!json.is_object() || !json.contains("classes") || !json.at("classes").is_array()) {
      throw Error::untrusted(recipe, "'classes' is no list of class names");
    }
    for (const Json& name : json.at("classes")) {
      if (!name.is_string()) throw Error::untrusted(recipe, "'classes' is no list of class names");
      names.push_back(name.get<std::string>());
    }
    return names;
  }
  const fs::path list = folder / "classes.txt";
  if (!fs::exists(list)) {
    throw Error::missing(fmt::format("{} has neither recipe.json nor classes.txt", folder.string()),
                         "write the class names into classes.txt, one on each line");
  }
  std::istringstream lines(core::read_file(list, kMaxTextBytes));
  for (std::string name; std::getline(lines, name);) {
    if (!name.empty() && name.back() == '\r') name.pop_back();
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

// The picture that a label file belongs to, below `images`.
fs::path picture_of(const fs::path& images, const fs::path& stem, const fs::path& labels) {
  for (const char* ending : {".png", ".jpg", ".jpeg"}) {
    const fs::path file = stem.string() + ending;
    if (fs::exists(images / file)) return file;
  }
  throw Error::missing(
      fmt::format("{} has no picture {}.png or .jpg", labels.string(), (images / stem).string()));
}

Outline outline_of(const SharePolygon& polygon, int width, int height) {
  Outline outline;
  for (const auto& [x, y] : polygon) {
    // From the middles of pixels.
    outline.push_back(x * width + 0.5);
    outline.push_back(y * height + 0.5);
  }
  return outline;
}

AnnotatedObject read_object(const DiffuGenLabel& label, const LabelledPicture& picture,
                            const fs::path& file) {
  AnnotatedObject object;
  object.class_index = label.class_id;
  object.score = label.score;
  object.origin = label.origin;
  object.box = {label.x * picture.width, label.y * picture.height, label.width * picture.width,
                label.height * picture.height};
  if (!label.segmentation.is_null()) {
    const Json& mask = label.segmentation;
    if (mask.value("size", Json()) != Json({picture.height, picture.width}) ||
        !mask.contains("counts") || !mask.at("counts").is_string()) {
      throw Error::untrusted(file, "'segmentation' is no mask of the picture's size");
    }
    object.outlines = mask_outlines(data::parse_rle_text(mask.at("counts").get<std::string>(),
                                                         picture.height, picture.width, file),
                                    file);
    return object;
  }
  std::vector<SharePolygon> parts = {label.polygon};
  parts.insert(parts.end(), label.others.begin(), label.others.end());
  for (const SharePolygon& part : parts) {
    if (part.size() >= 3) {
      object.outlines.push_back(outline_of(part, picture.width, picture.height));
    }
  }
  return object;
}

DiffuGenLabel written_label(const AnnotatedObject& object, const LabelledPicture& picture) {
  DiffuGenLabel label;
  label.class_id = object.class_index;
  label.score = object.score;
  label.origin = object.origin.is_object() ? object.origin : Json();
  label.x = object.box.x / picture.width;
  label.y = object.box.y / picture.height;
  label.width = object.box.width / picture.width;
  label.height = object.box.height / picture.height;
  for (const Outline& outline : object.outlines) {
    SharePolygon part;
    for (std::size_t i = 0; i + 1 < outline.size(); i += 2) {
      part.emplace_back((outline[i] - 0.5) / picture.width,
                        (outline[i + 1] - 0.5) / picture.height);
    }
    if (label.polygon.empty()) {
      label.polygon = std::move(part);
    } else {
      label.others.push_back(std::move(part));
    }
  }
  return label;
}

template <typename Value>
void take(const Json& details, const char* key, Value& value) {
  if (!details.is_object() || !details.contains(key)) return;
  const Json& found = details.at(key);
  if constexpr (std::is_same_v<Value, std::string>) {
    if (found.is_string()) value = found.get<std::string>();
  } else {
    if (found.is_number_integer()) value = found.get<Value>();
  }
}

// Of datasets that were not made from prompts nothing is known.
DiffuGenPromptDetails details_of(const Json& json) {
  DiffuGenPromptDetails details;
  take(json, "seed", details.seed);
  take(json, "steps", details.steps);
  take(json, "prompt", details.prompt);
  take(json, "prompt_template", details.prompt_template);
  take(json, "view_point", details.attributes.view_point);
  take(json, "object_name", details.attributes.object_name);
  take(json, "time_of_day", details.attributes.time_of_day);
  take(json, "sky_condition", details.attributes.sky_condition);
  take(json, "weather_condition", details.attributes.weather_condition);
  return details;
}

}  // namespace

LabelledDataset read_diffugen_dataset(const fs::path& folder) {
  const fs::path labels = folder / "labels";
  if (!fs::is_directory(labels)) {
    throw Error::missing(fmt::format("there is no folder {}", labels.string()),
                         "a DiffuGen dataset has one for each task: txt2img, img2img, inpaint");
  }
  LabelledDataset dataset;
  dataset.images = folder / "images";
  dataset.classes = class_names(folder);
  for (const auto& entry : fs::recursive_directory_iterator(labels)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".json") continue;
    const fs::path stem = entry.path().lexically_relative(labels).replace_extension();
    const fs::path file = picture_of(dataset.images, stem, entry.path());
    const data::ImageHeader header = data::read_image_header(dataset.images / file);
    const DiffuGenLabelFile read = read_diffugen_labels(entry.path());
    LabelledPicture picture{file.generic_string(), header.width, header.height, {}, {}};
    picture.details = details_json(read.details);
    for (const DiffuGenLabel& label : read.labels) {
      picture.objects.push_back(read_object(label, picture, entry.path()));
    }
    dataset.pictures.push_back(std::move(picture));
  }
  check_dataset(dataset, folder);
  return dataset;
}

void write_diffugen_dataset(const LabelledDataset& dataset, const fs::path& folder) {
  LabelFiles files(folder / "labels", ".json");
  for (const LabelledPicture& picture : dataset.pictures) {
    DiffuGenLabelFile file;
    file.details = details_of(picture.details);
    for (const AnnotatedObject& object : picture.objects) {
      file.labels.push_back(written_label(object, picture));
    }
    core::write_file_atomic(files.of(picture), diffugen_label_text(file));
  }
  std::string names;
  for (const std::string& name : dataset.classes) names += name + "\n";
  core::write_file_atomic(folder / "classes.txt", names);
}

}  // namespace ersatz::label
