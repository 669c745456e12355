#include "runner/images/box_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string_view>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr std::uint64_t kMaxBytes = std::uint64_t{256} << 20;
constexpr double kMaxSide = 1e6;  // px

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::size_t begin = 0;
  while (true) {
    const std::size_t comma = line.find(',', begin);
    std::string field = trimmed(std::string_view(line).substr(begin, comma - begin));
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
      field = field.substr(1, field.size() - 2);
    }
    fields.push_back(std::move(field));
    if (comma == std::string::npos) return fields;
    begin = comma + 1;
  }
}

bool parse_whole(const std::string& text, int& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

bool is_sensible(const data::PixelBox& box) {
  return box.x >= 0 && box.y >= 0 && box.width >= 1 && box.height >= 1 && box.x < kMaxSide &&
         box.y < kMaxSide && box.width < kMaxSide && box.height < kMaxSide;
}

PhotoBoxes read_csv(const fs::path& file) {
  std::istringstream text(core::read_file(file, kMaxBytes));
  PhotoBoxes boxes;
  std::string line;
  for (std::uint32_t number = 1; std::getline(text, line); ++number) {
    if (trimmed(line).empty()) continue;
    const std::vector<std::string> fields = fields_of(line);
    LabelledBox one;
    const bool complete = (fields.size() == 5 || fields.size() == 6) && !fields[0].empty() &&
                          parse_whole(fields[1], one.box.x) && parse_whole(fields[2], one.box.y) &&
                          parse_whole(fields[3], one.box.width) &&
                          parse_whole(fields[4], one.box.height) && is_sensible(one.box);
    if (!complete) {
      if (number == 1 && fields.size() >= 2 && fields[1] == "x") continue;  // names of columns
      throw Error::at_line(file, number, fmt::format("not a box: '{}'", line),
                           "file,x,y,width,height[,class] in whole pixels, x and y from 0");
    }
    if (fields.size() == 6) one.class_name = fields[5];
    boxes[fields[0]].push_back(std::move(one));
  }
  return boxes;
}

// Those of others may be written as 7.0.
std::int64_t id_of(const Json& id, const fs::path& file) {
  if (id.is_number_float() && !(std::abs(id.get<double>()) < 0x1p63)) {
    throw Error::usage(fmt::format("{}: not COCO JSON: an id of {}", file.string(), id.dump()));
  }
  return id.get<std::int64_t>();
}

data::PixelBox outwards(const Json& bbox) {
  if (!bbox.is_array() || bbox.size() != 4) return {};
  double value[4];
  for (std::size_t i = 0; i < 4; ++i) {
    value[i] = bbox.at(i).get<double>();
    if (!(std::abs(value[i]) < kMaxSide)) return {};
  }
  data::PixelBox box;
  box.x = static_cast<int>(std::floor(std::max(0.0, value[0])));
  box.y = static_cast<int>(std::floor(std::max(0.0, value[1])));
  box.width = static_cast<int>(std::ceil(value[0] + value[2])) - box.x;
  box.height = static_cast<int>(std::ceil(value[1] + value[3])) - box.y;
  return box;
}

PhotoBoxes read_coco(const fs::path& file) {
  const Json coco = core::read_json(file);
  PhotoBoxes boxes;
  std::size_t number = 0;
  try {
    std::map<std::int64_t, std::string> photos, classes;
    for (const Json& image : coco.at("images")) {
      photos[id_of(image.at("id"), file)] = image.at("file_name").get<std::string>();
    }
    for (const Json& category : coco.value("categories", Json::array())) {
      classes[id_of(category.at("id"), file)] = category.at("name").get<std::string>();
    }
    for (const Json& annotation : coco.at("annotations")) {
      const auto photo = photos.find(id_of(annotation.at("image_id"), file));
      LabelledBox one;
      one.box = outwards(annotation.at("bbox"));
      if (photo == photos.end() || !is_sensible(one.box)) {
        throw Error::usage(fmt::format(
            "{}: annotation {} {}", file.string(), number,
            photo == photos.end() ? "is of no image of the file" : "has no usable bbox"));
      }
      const auto name = classes.find(id_of(annotation.value("category_id", Json(-1)), file));
      if (name != classes.end()) one.class_name = name->second;
      boxes[photo->second].push_back(std::move(one));
      ++number;
    }
  } catch (const Json::exception& error) {
    throw Error::usage(fmt::format("{}: not COCO JSON (at annotation {}): {}", file.string(),
                                   number, error.what()));
  }
  return boxes;
}

}  // namespace

PhotoBoxes read_boxes(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) {
    throw Error::missing(fmt::format("there is no file {} with boxes", file.string()));
  }
  PhotoBoxes boxes = file.extension() == ".json" ? read_coco(file) : read_csv(file);
  if (boxes.empty()) throw Error::usage(fmt::format("{} holds no box", file.string()));
  return boxes;
}

}  // namespace ersatz::runner
