// Pictures in files' bytes to and from the tensors that pipelines work on.
#pragma once

#include <torch/types.h>

#include "data/images/rgb_image.h"
#include "generate/diffusion/rgb_pictures.h"
#include "runner/diffusion/generate_request.h"

namespace ersatz::runner {

// float32 [1, 3, H, W] in [-1, 1] on the CPU, of `size`: resized with an antialiased bicubic filter
// when the picture has another one.
torch::Tensor image_tensor(const data::RgbImage& image, PictureSize size);

// float32 [1, 1, H, W] in [0, 1]; resized to the nearest pixel.
torch::Tensor mask_tensor(const data::GreyImage& mask, PictureSize size);

using generate::rgb_image;
using generate::rgb_images;

// [H, W] in [0, 1] on the CPU, rounded to 8 bits.
data::GreyImage grey_image(const torch::Tensor& map);

}  // namespace ersatz::runner
