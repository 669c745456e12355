#include "runner/diffusion/image_tensors.h"

#include <torch/nn/functional/upsampling.h>
#include <torch/types.h>

#include <algorithm>

namespace ersatz::runner {
namespace {

namespace F = torch::nn::functional;

// uint8 [1, C, H, W], a copy.
torch::Tensor planes(const std::vector<std::uint8_t>& pixels, int height, int width, int channels) {
  const torch::Tensor rows = torch::empty({1, height, width, channels}, torch::kUInt8);
  std::copy(pixels.begin(), pixels.end(), rows.data_ptr<std::uint8_t>());
  return rows.permute({0, 3, 1, 2});
}

std::vector<std::uint8_t> bytes_of(const torch::Tensor& tensor) {
  const torch::Tensor whole = tensor.contiguous();
  const auto* begin = whole.data_ptr<std::uint8_t>();
  return {begin, begin + whole.numel()};
}

torch::Tensor to_bytes(const torch::Tensor& zero_to_one) {
  return zero_to_one.mul(255).round_().clamp_(0, 255).to(torch::kUInt8);
}

}  // namespace

torch::Tensor image_tensor(const data::RgbImage& image, PictureSize size) {
  torch::Tensor pixels =
      planes(image.pixels, image.height, image.width, 3).to(torch::kFloat).contiguous();
  if (image.width != size.width || image.height != size.height) {
    // Rounded to whole levels, as if the resized picture had been read from a file.
    pixels = at::_upsample_bicubic2d_aa(pixels, {size.height, size.width}, /*align_corners=*/false)
                 .round_()
                 .clamp_(0, 255);
  }
  return pixels.div(255).mul_(2).sub_(1);
}

torch::Tensor mask_tensor(const data::GreyImage& mask, PictureSize size) {
  torch::Tensor levels =
      planes(mask.pixels, mask.height, mask.width, 1).to(torch::kFloat).contiguous();
  if (mask.width != size.width || mask.height != size.height) {
    levels = F::interpolate(levels, F::InterpolateFuncOptions()
                                        .size(std::vector<std::int64_t>{size.height, size.width})
                                        .mode(torch::kNearest));
  }
  return levels.div(255);
}

data::GreyImage grey_image(const torch::Tensor& map) {
  return {static_cast<int>(map.size(1)), static_cast<int>(map.size(0)), bytes_of(to_bytes(map))};
}

}  // namespace ersatz::runner
