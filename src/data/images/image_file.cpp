#include "data/images/image_file.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/file_system.h"
#include "data/images/jpeg_codec.h"
#include "data/images/png_codec.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

ImageFormat format_of(std::string_view bytes, const fs::path& file) {
  if (bytes.substr(0, kPngSignature.size()) == kPngSignature) return ImageFormat::kPng;
  if (bytes.substr(0, 3) == "\xff\xd8\xff") return ImageFormat::kJpeg;
  throw core::Error::untrusted(file, "neither a PNG nor a JPEG file");
}

}  // namespace

void require_reasonable_size(std::int64_t width, std::int64_t height, const fs::path& file) {
  if (width < 1 || height < 1 || width > kMaxImageSide || height > kMaxImageSide ||
      width * height > kMaxImagePixels) {
    throw core::Error::untrusted(
        file, fmt::format("a picture of {} x {} pixels; at most {} million are read", width, height,
                          kMaxImagePixels / 1'000'000));
  }
}

ImageHeader parse_image_header(std::string_view bytes, const fs::path& file) {
  return format_of(bytes, file) == ImageFormat::kPng ? png_header(bytes, file)
                                                     : jpeg_header(bytes, file);
}

RgbImage decode_image(std::string_view bytes, const fs::path& file) {
  return format_of(bytes, file) == ImageFormat::kPng ? decode_png(bytes, file)
                                                     : decode_jpeg(bytes, file);
}

RgbaImage decode_rgba_image(std::string_view bytes, const fs::path& file) {
  if (format_of(bytes, file) == ImageFormat::kJpeg) {
    throw core::Error::untrusted(
        file, "a JPEG file has no transparency; a PNG file with an alpha channel is needed");
  }
  return decode_rgba_png(bytes, file);
}

std::string read_image_bytes(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    throw core::Error::missing(fmt::format("there is no image {}", path.string()));
  }
  return core::read_file(path, kMaxImageBytes);
}

ImageHeader read_image_header(const fs::path& path) {
  return parse_image_header(read_image_bytes(path), path);
}

RgbImage read_image(const fs::path& path) { return decode_image(read_image_bytes(path), path); }

RgbaImage read_rgba_image(const fs::path& path) {
  return decode_rgba_image(read_image_bytes(path), path);
}

RgbImage read_image_on_white(const fs::path& path) {
  const std::string bytes = read_image_bytes(path);
  const bool transparent =
      format_of(bytes, path) == ImageFormat::kPng && png_has_transparency(bytes, path);
  return transparent ? on_white(decode_rgba_png(bytes, path)) : decode_image(bytes, path);
}

}  // namespace ersatz::data
