// JPEG by libjpeg-turbo, with its warnings taken as errors.
#pragma once

#include <filesystem>
#include <string_view>

#include "data/images/image_file.h"

namespace ersatz::data {

// Errors as read_image_header and read_image.
ImageHeader jpeg_header(std::string_view bytes, const std::filesystem::path& file);
RgbImage decode_jpeg(std::string_view bytes, const std::filesystem::path& file);

}  // namespace ersatz::data
