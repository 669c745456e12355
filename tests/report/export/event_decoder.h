// Reads TFEvents files, written apart from the code that writes them: another CRC-32C (bit by bit),
// any order of fields, every length checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ersatz::test {

struct DecodedImage {
  std::int64_t height = 0, width = 0, colorspace = 0;
  std::string bytes;
};

struct DecodedValue {
  std::string tag;
  std::optional<float> scalar;
  std::optional<DecodedImage> image;
  std::optional<std::string> text;  // of a string tensor
  std::string plugin, display_name, description;
};

struct DecodedEvent {
  double wall_time = 0;
  std::int64_t step = 0;
  std::string file_version;
  std::vector<DecodedValue> values;
};

// std::runtime_error when anything is wrong: lengths, check sums, wire types, unknown fields.
std::vector<DecodedEvent> decode_events(const std::string& bytes);

}  // namespace ersatz::test
