// Which way up a photograph is: cameras store what the sensor saw and note how it was held.
#pragma once

#include <filesystem>
#include <string_view>

#include "data/images/rgb_image.h"

namespace ersatz::data {

// The orientation that the Exif data of a JPEG file tells (Exif 2.32, tag 0x0112): 1 upright, 2
// mirrored, 3 upside down, 4 both, 5 to 8 the same four with rows and columns exchanged. 1 where
// there is none, or nothing that makes sense.
int exif_orientation(std::string_view jpeg);

// The picture as it is meant to be seen.
RgbImage upright(const RgbImage& image, int orientation);

// read_image (data/images/image_file.h), then upright: for pictures people took and look at. Data
// sets whose labels refer to stored pixels are to be read without it.
RgbImage read_upright_image(const std::filesystem::path& path);

}  // namespace ersatz::data
