#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/error.h"
#include "core/json.h"
#include "label/dataset/detection_scan.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

const Json& list_of(const Json& document, const char* key, const fs::path& file) {
  if (!document.is_object() || !document.contains(key) || !document.at(key).is_array()) {
    throw Error::untrusted(file, fmt::format("there is no list '{}'", key));
  }
  return document.at(key);
}

// A whole number, or nothing.
std::optional<std::int64_t> integer(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return std::nullopt;
  const Json& value = object.at(key);
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>() &&
      std::abs(value.get<double>()) < 9e15) {
    return static_cast<std::int64_t>(value.get<double>());
  }
  return std::nullopt;
}

// Python writes NaN and Infinity, which come as texts.
double coordinate(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

struct Known {
  std::map<std::int64_t, std::int64_t> classes;           // category id -> class
  std::map<std::int64_t, std::string> names;              // image id -> file
  std::map<std::int64_t, std::optional<std::size_t>> at;  // image id -> its place
};

void scan_images(const Json& images, const fs::path& folder, const fs::path& file,
                 DetectionScan& scan, Known& known) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    const Json& image = images[i];
    const auto id = integer(image, "id");
    const bool named =
        image.is_object() && image.contains("file_name") && image.at("file_name").is_string();
    if (!id || !named) {
      scan.add_problem(LabelProblem::kMalformed, file.filename().string(),
                       fmt::format("image {} has no {}", i, id ? "file_name" : "id"));
      continue;
    }
    const auto name = image.at("file_name").get<std::string>();
    if (known.at.count(*id) != 0) {
      scan.add_problem(LabelProblem::kDuplicate, name,
                       fmt::format("image id {} is that of {}", *id, known.names.at(*id)));
      continue;
    }
    known.names[*id] = name;
    const auto side = [&](const char* key) {
      const auto value = integer(image, key);
      return value && *value >= 1 && *value <= (1 << 20) ? static_cast<int>(*value) : -1;
    };
    const int width = side("width"), height = side("height");
    if (width < 0 || height < 0) {
      scan.add_problem(LabelProblem::kMalformed, name, "no width and height");
      known.at[*id] = std::nullopt;
      continue;
    }
    known.at[*id] = scan.add_picture(folder, name, width, height);
  }
}

void scan_annotation(const Json& annotation, std::size_t i, const fs::path& file,
                     DetectionScan& scan, const Known& known, std::set<std::int64_t>& ids) {
  const auto id = integer(annotation, "id"), image = integer(annotation, "image_id");
  const std::string where =
      id ? fmt::format("annotation {}", *id) : fmt::format("entry {} of the annotations", i);
  if (!image || known.at.count(*image) == 0) {
    scan.add_problem(LabelProblem::kMissingPicture, file.filename().string(),
                     image ? fmt::format("{}: there is no image {}", where, *image)
                           : where + " has no image_id");
    return;
  }
  const std::string& name = known.names.at(*image);
  if (!id) {
    scan.add_problem(LabelProblem::kMalformed, name, where + " has no id");
    return;
  }
  if (!ids.insert(*id).second) {
    scan.add_problem(LabelProblem::kDuplicate, name, fmt::format("annotation id {}", *id));
    return;
  }
  const auto category = integer(annotation, "category_id");
  if (!category || known.classes.count(*category) == 0) {
    scan.add_problem(LabelProblem::kNoCategory, name,
                     category ? fmt::format("{}: category {}", where, *category)
                              : where + " has no category_id");
    return;
  }
  if (!annotation.contains("bbox") || !annotation.at("bbox").is_array() ||
      annotation.at("bbox").size() != 4) {
    scan.add_problem(LabelProblem::kMalformed, name, where + ": 'bbox' is not 4 numbers");
    return;
  }
  const std::optional<std::size_t> picture = known.at.at(*image);
  if (!picture) return;  // reported with the picture
  const Json& box = annotation.at("bbox");
  const auto crowd = integer(annotation, "iscrowd");
  scan.add_box(*picture, where, known.classes.at(*category),
               {coordinate(box[0]), coordinate(box[1]), coordinate(box[2]), coordinate(box[3])},
               crowd.value_or(0) != 0);
}

}  // namespace

void scan_coco(const DetectionSource& source, DetectionScan& scan,
               std::vector<std::string>& classes) {
  const fs::path& file = source.path;
  const Json document = core::read_python_json(file);
  std::error_code ignored;
  fs::path folder = source.images;
  if (folder.empty()) {
    folder = file.parent_path() / "images";
    if (!fs::is_directory(folder, ignored)) folder = file.parent_path() / file.stem();
    if (!fs::is_directory(folder, ignored)) folder = file.parent_path();
  }
  Known known;
  std::map<std::int64_t, std::string> categories;  // by id
  for (const Json& category : list_of(document, "categories", file)) {
    const auto id = integer(category, "id");
    if (!id || !category.contains("name") || !category.at("name").is_string()) {
      throw Error::untrusted(file, "a category without id or name");
    }
    if (!categories.emplace(*id, category.at("name").get<std::string>()).second) {
      throw Error::untrusted(file, fmt::format("category id {} occurs twice", *id));
    }
  }
  classes.clear();
  for (const auto& [id, name] : categories) {
    known.classes[id] = static_cast<std::int64_t>(classes.size());
    classes.push_back(name);
  }
  scan_images(list_of(document, "images", file), folder, file, scan, known);
  std::set<std::int64_t> ids;
  const Json& annotations = list_of(document, "annotations", file);
  for (std::size_t i = 0; i < annotations.size(); ++i) {
    scan_annotation(annotations[i], i, file, scan, known, ids);
  }
}

}  // namespace ersatz::label
