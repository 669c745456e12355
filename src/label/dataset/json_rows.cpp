#include "label/dataset/json_rows.h"

#include <fmt/format.h>

#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"
#include "data/images/image_file.h"

namespace ersatz::label {

namespace fs = std::filesystem;
using core::Json;

std::vector<Json> read_json_lines(const fs::path& file) {
  std::istringstream lines(core::read_file(file));
  std::vector<Json> rows;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const fs::path place = fmt::format("{}:{}", file.string(), number);
    rows.push_back(core::parse_json(line, place));
    if (!rows.back().is_object()) throw core::Error::untrusted(place, "no JSON object");
  }
  return rows;
}

void write_json_lines(const fs::path& file, const std::vector<Json>& rows) {
  std::string text;
  for (const Json& row : rows) text += row.dump() + "\n";
  core::write_file_atomic(file, text);
}

JsonRow::JsonRow(const Json& object, fs::path file, std::string where)
    : object_(object), file_(std::move(file)), where_(std::move(where)) {
  if (!object_.is_object()) fail("is no JSON object");
}

void JsonRow::fail(const std::string& message) const {
  throw core::Error::untrusted(file_, where_.empty() ? message : where_ + ": " + message);
}

bool JsonRow::has(const char* key) const {
  return object_.contains(key) && !object_.at(key).is_null();
}

const Json& JsonRow::value(const char* key) const {
  if (!object_.contains(key)) fail(fmt::format("'{}' is missing", key));
  return object_.at(key);
}

std::string JsonRow::text(const char* key) const {
  if (!value(key).is_string()) fail(fmt::format("'{}' is no text", key));
  return value(key).get<std::string>();
}

std::int64_t JsonRow::whole(const char* key) const {
  if (!value(key).is_number_integer()) fail(fmt::format("'{}' is no whole number", key));
  return value(key).get<std::int64_t>();
}

double JsonRow::number(const char* key) const {
  if (!value(key).is_number()) fail(fmt::format("'{}' is no number", key));
  return value(key).get<double>();
}

const Json& JsonRow::list(const char* key) const {
  if (!value(key).is_array()) fail(fmt::format("'{}' is no list", key));
  return value(key);
}

JsonRow JsonRow::object(const char* key) const {
  return {value(key), file_, where_.empty() ? key : where_ + "." + key};
}

data::CocoBox JsonRow::box(const Json& list) const {
  if (!list.is_array() || list.size() != 4) fail("a box that is not [x, y, width, height]");
  for (const Json& number : list) {
    if (!number.is_number()) fail("a box that is not [x, y, width, height]");
  }
  return {list[0].get<double>(), list[1].get<double>(), list[2].get<double>(),
          list[3].get<double>()};
}

std::vector<Outline> JsonRow::outlines(const Json& list) const {
  std::vector<Outline> outlines;
  if (!list.is_array()) fail("outlines that are no list");
  for (const Json& part : list) {
    if (!part.is_array()) fail("an outline that is no list of numbers");
    Outline outline;
    for (const Json& number : part) {
      if (!number.is_number()) fail("an outline that is no list of numbers");
      outline.push_back(number.get<double>());
    }
    outlines.push_back(std::move(outline));
  }
  return outlines;
}

Json box_json(const data::CocoBox& box) { return {box.x, box.y, box.width, box.height}; }

int picture_side(const JsonRow& row, const char* key) {
  const std::int64_t side = row.whole(key);
  if (side < 1 || side > data::kMaxImageSide) row.fail(fmt::format("'{}' is {} px", key, side));
  return static_cast<int>(side);
}

}  // namespace ersatz::label
