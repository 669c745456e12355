// PNG by libpng: strict reading, and writing with text beside the picture.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/images/image_file.h"

namespace ersatz::data {

inline constexpr std::string_view kPngSignature{"\x89PNG\r\n\x1a\n", 8};

// Errors as read_image_header and read_image.
ImageHeader png_header(std::string_view bytes, const std::filesystem::path& file);
RgbImage decode_png(std::string_view bytes, const std::filesystem::path& file);

// Whether the picture has an alpha channel or a transparent colour. Errors as read_image_header.
bool png_has_transparency(std::string_view bytes, const std::filesystem::path& file);

// Errors as read_rgba_image.
RgbaImage decode_rgba_png(std::string_view bytes, const std::filesystem::path& file);

struct PngText {
  std::string keyword;  // 1..79 printable ASCII characters
  std::string text;     // UTF-8; written as tEXt when it is ASCII, as uncompressed iTXt otherwise
};

enum class PngEffort {
  kSmall,  // zlib level 6, the best filter of five for every line
  kFast,   // run lengths, one filter: six times as fast, photographs a tenth larger
};

// An 8-bit PNG file. Same input and library version, same bytes.
std::string encode_png(const RgbImage& image, const std::vector<PngText>& texts = {},
                       PngEffort effort = PngEffort::kSmall);
std::string encode_png(const RgbaImage& image, const std::vector<PngText>& texts = {},
                       PngEffort effort = PngEffort::kSmall);
std::string encode_png(const GreyImage& image, const std::vector<PngText>& texts = {});

}  // namespace ersatz::data
