// Reading the JSON of datasets: rows of JSON-lines files, and values that must be there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "label/dataset/labelled_dataset.h"

namespace ersatz::label {

// The objects of a JSON-lines file, one for each line that is not empty. Error::missing when there
// is none, Error::untrusted naming the line for what is no JSON object.
std::vector<core::Json> read_json_lines(const std::filesystem::path& file);
void write_json_lines(const std::filesystem::path& file, const std::vector<core::Json>& rows);

// Values of an object's keys; Error::untrusted naming `file`, `where` and the key when it is
// missing or of another type.
class JsonRow {
 public:
  JsonRow(const core::Json& object, std::filesystem::path file, std::string where);

  bool has(const char* key) const;
  std::string text(const char* key) const;
  std::int64_t whole(const char* key) const;
  double number(const char* key) const;
  const core::Json& list(const char* key) const;
  JsonRow object(const char* key) const;
  const core::Json& value(const char* key) const;
  [[noreturn]] void fail(const std::string& message) const;

  // [x, y, width, height]
  data::CocoBox box(const core::Json& list) const;
  // [[x, y, x, y, ...], ...]
  std::vector<Outline> outlines(const core::Json& list) const;

 private:
  const core::Json& object_;
  std::filesystem::path file_;
  std::string where_;
};

core::Json box_json(const data::CocoBox& box);

// Of a row of labels (1, 2, ... picture sides in px): an int that fits, at least 1.
int picture_side(const JsonRow& row, const char* key);

}  // namespace ersatz::label
