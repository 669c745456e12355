#include "generate/diffusion/rgb_pictures.h"

#include <torch/types.h>

namespace ersatz::generate {

std::vector<data::RgbImage> rgb_images(const torch::Tensor& images) {
  const torch::Tensor bytes =
      images.div(2).add_(0.5).mul_(255).round_().clamp_(0, 255).to(torch::kUInt8);
  const torch::Tensor pixels = bytes.permute({0, 2, 3, 1});
  std::vector<data::RgbImage> result;
  for (std::int64_t i = 0; i < pixels.size(0); ++i) result.push_back(rgb_image(pixels[i]));
  return result;
}

data::RgbImage rgb_image(const torch::Tensor& pixels) {
  const torch::Tensor whole = pixels.contiguous();
  const auto* begin = whole.data_ptr<std::uint8_t>();
  return {static_cast<int>(pixels.size(1)),
          static_cast<int>(pixels.size(0)),
          {begin, begin + whole.numel()}};
}

}  // namespace ersatz::generate
