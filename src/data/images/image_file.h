// Reads PNG and JPEG files strictly: what is damaged, cut short or too large is refused instead of
// being shown in part.
//
// Sizes are read from the header first and bounded, so that a small file cannot ask for much
// memory. Transparency is dropped unless asked for (read_rgba_image), 16-bit channels are reduced
// to 8, grey and palette images become RGB; colour profiles and gamma are left alone, and so is the
// orientation in Exif data (data/images/orientation.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "data/images/rgb_image.h"

namespace ersatz::data {

inline constexpr std::int64_t kMaxImagePixels = 64'000'000;
inline constexpr int kMaxImageSide = 65'500;  // px; the most JPEG can say
inline constexpr std::uint64_t kMaxImageBytes = std::uint64_t{256} << 20;  // of the file

enum class ImageFormat { kPng, kJpeg };

struct ImageHeader {
  ImageFormat format = ImageFormat::kPng;
  int width = 0, height = 0;  // px
};

// Only the header is looked at. Error::missing when there is no such file, Error::untrusted when it
// is neither PNG nor JPEG or larger than the limits above.
ImageHeader read_image_header(const std::filesystem::path& path);

// The whole picture. Also Error::untrusted when anything in the file is damaged or missing, down to
// the end marker.
RgbImage read_image(const std::filesystem::path& path);

// The whole picture of a PNG file with its transparency. Also Error::untrusted for a file that has
// none: every JPEG, and a PNG without alpha channel and without transparent colour. Stricter than
// read_image: damage in chunks beside the picture (palette, transparency, texts) is refused, too.
RgbaImage read_rgba_image(const std::filesystem::path& path);

// The whole picture, laid on white where it is transparent. Errors as read_image; a PNG file with
// transparency is read as strictly as by read_rgba_image.
RgbImage read_image_on_white(const std::filesystem::path& path);

// The bytes of such a file; Error::missing as above.
std::string read_image_bytes(const std::filesystem::path& path);

// The same from the bytes of a file; `file` is only named in errors.
ImageHeader parse_image_header(std::string_view bytes, const std::filesystem::path& file);
RgbImage decode_image(std::string_view bytes, const std::filesystem::path& file);
RgbaImage decode_rgba_image(std::string_view bytes, const std::filesystem::path& file);

// Throws Error::untrusted when a picture of this size is not to be decoded.
void require_reasonable_size(std::int64_t width, std::int64_t height,
                             const std::filesystem::path& file);

}  // namespace ersatz::data
