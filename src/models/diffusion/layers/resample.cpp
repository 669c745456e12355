#include "models/diffusion/layers/resample.h"

#include <torch/types.h>

#include "models/diffusion/layers/part.h"

namespace ersatz::models {

Downsample::Downsample(std::int64_t channels, ConvSampling sampling)
    : conv_(add_part(*this, "conv", std::make_shared<Conv2d>(channels, channels, sampling))) {}

torch::Tensor Downsample::forward(const torch::Tensor& x) const { return conv_->forward(x); }

Upsample::Upsample(std::int64_t channels)
    : conv_(add_part(*this, "conv",
                     std::make_shared<Conv2d>(channels, channels, ConvSampling::kDouble))) {}

torch::Tensor Upsample::forward(const torch::Tensor& x, std::int64_t height,
                                std::int64_t width) const {
  if (height == 2 * x.size(2) && width == 2 * x.size(3)) return conv_->forward(x);
  return conv_->forward_same(torch::upsample_nearest2d(x, torch::IntArrayRef({height, width})));
}

}  // namespace ersatz::models
