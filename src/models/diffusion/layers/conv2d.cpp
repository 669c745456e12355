#include "models/diffusion/layers/conv2d.h"

#include <torch/types.h>

#include "compute/conv2d.h"

namespace ersatz::models {

namespace {

constexpr std::int64_t kKernel = 3;

compute::Conv2dOptions options_for(ConvSampling sampling) {
  compute::Conv2dOptions options;
  options.stride = 1;
  options.padding = 1;
  switch (sampling) {
    case ConvSampling::kSame:
      break;
    case ConvSampling::kHalf:
      options.stride = 2;
      break;
    case ConvSampling::kHalfAfter:
      options.stride = 2;
      options.padding = 0;
      options.extra_end_padding = 1;
      break;
    case ConvSampling::kDouble:
      options.upsample = true;
      break;
  }
  return options;
}

}  // namespace

Conv2d::Conv2d(std::int64_t in, std::int64_t out, ConvSampling sampling, bool bias)
    : sampling_(sampling) {
  weight_ = register_parameter(
      "weight", torch::empty({out, in, kKernel, kKernel}, torch::MemoryFormat::ChannelsLast),
      false);
  if (bias) bias_ = register_parameter("bias", torch::empty({out}), false);
}

torch::Tensor Conv2d::convolve(const torch::Tensor& x, ConvSampling sampling,
                               const ConvTerms& terms) const {
  torch::Tensor bias = bias_;
  if (terms.offset.defined()) {
    bias = bias.defined() ? terms.offset + bias : terms.offset;
    if (bias.size(0) == 1) bias = bias[0];
  }
  return compute::conv2d(x, weight_, bias, options_for(sampling), terms.residual);
}

torch::Tensor Conv2d::forward(const torch::Tensor& x, const ConvTerms& terms) const {
  return convolve(x, sampling_, terms);
}

torch::Tensor Conv2d::forward_same(const torch::Tensor& x) const {
  return convolve(x, ConvSampling::kSame, {});
}

}  // namespace ersatz::models
