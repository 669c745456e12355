// JPEG by libjpeg-turbo: reading with its warnings taken as errors, and writing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "data/images/image_file.h"

namespace ersatz::data {

// Errors as read_image_header and read_image.
ImageHeader jpeg_header(std::string_view bytes, const std::filesystem::path& file);
RgbImage decode_jpeg(std::string_view bytes, const std::filesystem::path& file);

// A baseline JPEG file with full colour resolution (4:4:4) of this quality in [1, 100]. Same input
// and library version, same bytes. Error::usage for other qualities and for sides beyond
// kMaxImageSide.
std::string encode_jpeg(const RgbImage& image, int quality);

}  // namespace ersatz::data
