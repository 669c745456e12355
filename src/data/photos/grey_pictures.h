// Small grey pictures of one size from a folder of photographs, as the clothing article prepares
// them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "data/labelled_images.h"
#include "data/photos/image_folder.h"
#include "data/photos/photo_set.h"

namespace ersatz::data {

// Image.resize((side, side)) and convert("L") of Pillow: bicubic, whatever the proportions, then
// luma. A picture of any size from 1 x 1 on.
GreyImage grey_picture(const RgbImage& picture, int side);

struct GreyPictures {
  LabelledImages images;                     // [N, side, side]
  std::vector<std::filesystem::path> files;  // [N], below the root
  std::vector<RefusedPhoto> refused;         // those that could not be read whole
};

// Prepares every picture of a folder on several threads, after `change` where that is given.
// Transparent ones are laid on white; 16-bit channels are reduced to 8; the orientation in Exif
// data is not looked at, as in the article. Damaged files, JPEG in CMYK and what is no picture are
// left out, named in `refused` and in a warning. Error::untrusted (exit 30) when a class has no
// picture left; Interrupted after a signal.
GreyPictures load_grey_pictures(const ImageFolder& folder, int side,
                                const std::function<RgbImage(const RgbImage&)>& change = {},
                                const LoadOptions& options = {});

}  // namespace ersatz::data
