#include "data/images/orientation.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "data/images/image_file.h"

namespace ersatz::data {
namespace {

std::optional<std::uint32_t> number_at(std::string_view bytes, std::size_t at, std::size_t size,
                                       bool little_endian) {
  if (at > bytes.size() || size > bytes.size() - at) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t place = little_endian ? at + size - 1 - i : at + i;
    value = value << 8 | static_cast<unsigned char>(bytes[place]);
  }
  return value;
}

// The orientation in a TIFF header and its first directory.
std::optional<std::uint32_t> tiff_orientation(std::string_view tiff) {
  constexpr std::uint32_t kTag = 0x0112, kShort = 3;
  constexpr std::size_t kEntry = 12;
  const bool little_endian = tiff.substr(0, 2) == "II";
  if (!little_endian && tiff.substr(0, 2) != "MM") return std::nullopt;
  if (number_at(tiff, 2, 2, little_endian) != 42u) return std::nullopt;
  const auto directory = number_at(tiff, 4, 4, little_endian);
  const auto count = directory ? number_at(tiff, *directory, 2, little_endian) : std::nullopt;
  for (std::size_t i = 0; count && i < *count; ++i) {
    const std::size_t entry = *directory + 2 + i * kEntry;
    const auto tag = number_at(tiff, entry, 2, little_endian);
    if (!tag) return std::nullopt;
    if (*tag == kTag && number_at(tiff, entry + 2, 2, little_endian) == kShort) {
      return number_at(tiff, entry + 8, 2, little_endian);
    }
  }
  return std::nullopt;
}

}  // namespace

int exif_orientation(std::string_view jpeg) {
  using namespace std::string_view_literals;
  constexpr std::string_view kExif = "Exif\0\0"sv;
  constexpr std::uint32_t kStartOfScan = 0xda, kApp1 = 0xe1;
  std::size_t at = 2;  // after the start marker
  while (true) {
    const auto marker = number_at(jpeg, at, 2, false), length = number_at(jpeg, at + 2, 2, false);
    if (!marker || !length || *marker >> 8 != 0xff || *length < 2) return 1;
    if ((*marker & 0xff) == kStartOfScan) return 1;
    const std::string_view segment = jpeg.substr(at + 4, *length - 2);
    if ((*marker & 0xff) == kApp1 && segment.substr(0, kExif.size()) == kExif) {
      const auto orientation = tiff_orientation(segment.substr(kExif.size()));
      return orientation && *orientation >= 1 && *orientation <= 8 ? static_cast<int>(*orientation)
                                                                   : 1;
    }
    at += 2 + *length;
  }
}

RgbImage upright(const RgbImage& image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool exchanged = orientation >= 5;
  // In the stored picture, after rows and columns were exchanged where they are.
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  RgbImage result{
      exchanged ? image.height : image.width, exchanged ? image.width : image.height, {}};
  result.pixels.reserve(image.pixels.size());
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      const int column = exchanged ? y : x, row = exchanged ? x : y;
      const auto stored_x =
          static_cast<std::size_t>(from_right ? image.width - 1 - column : column);
      const auto stored_y = static_cast<std::size_t>(from_bottom ? image.height - 1 - row : row);
      const auto* pixel =
          &image.pixels[3 * (stored_y * static_cast<std::size_t>(image.width) + stored_x)];
      result.pixels.insert(result.pixels.end(), pixel, pixel + 3);
    }
  }
  return result;
}

RgbImage read_upright_image(const std::filesystem::path& path) {
  const std::string bytes = read_image_bytes(path);
  RgbImage image = decode_image(bytes, path);
  const bool jpeg = parse_image_header(bytes, path).format == ImageFormat::kJpeg;
  return upright(image, jpeg ? exif_orientation(bytes) : 1);
}

}  // namespace ersatz::data
