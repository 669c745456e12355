// Generated pictures as the bytes of files.
#pragma once

#include <torch/types.h>

#include <vector>

#include "data/images/rgb_image.h"

namespace ersatz::generate {

// [B, 3, H, W] in [-1, 1] on the CPU, rounded to 8 bits.
std::vector<data::RgbImage> rgb_images(const torch::Tensor& images);

// uint8 [H, W, 3] on the CPU.
data::RgbImage rgb_image(const torch::Tensor& pixels);

}  // namespace ersatz::generate
