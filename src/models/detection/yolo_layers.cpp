#include "models/detection/yolo_layers.h"

#include <torch/types.h>

#include <string>

#include "compute/conv2d.h"
#include "compute/direct_conv.h"
#include "compute/gradients.h"
#include "compute/join_channels.h"
#include "compute/linear.h"
#include "models/module_group.h"

namespace ersatz::models {

namespace {

constexpr double kMomentum = 0.03, kNormEpsilon = 1e-3;
constexpr std::int64_t kFewChannels = 16;

torch::Tensor empty_kernel(std::int64_t out, std::int64_t in, std::int64_t kernel) {
  return torch::empty({out, in, kernel, kernel}, torch::MemoryFormat::ChannelsLast);
}

}  // namespace

BiasedConv::BiasedConv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride)
    : kernel_(kernel), stride_(stride) {
  weight_ = register_parameter("weight", empty_kernel(out, in, kernel));
  bias_ = register_parameter("bias", torch::empty({out}));
}

torch::Tensor BiasedConv::training_convolution(const torch::Tensor& x) const {
  const torch::Tensor bias = bias_.view({1, -1, 1, 1});
  if (kernel_ == 3 && stride_ == 1 && compute::winograd_fits(x, weight_)) {
    return compute::winograd_conv2d(x, weight_) + bias;
  }
  if (compute::direct_conv_fits(x, weight_, kernel_ / 2)) {
    return compute::direct_conv2d(x, weight_, stride_, kernel_ / 2) + bias;
  }
  return torch::conv2d(x, weight_, bias_, stride_, kernel_ / 2);
}

torch::Tensor BiasedConv::forward(const torch::Tensor& x, bool silu,
                                  const torch::Tensor& residual) {
  if (compute::needs_gradient({x, weight_, bias_, residual})) {
    version_ = -1;  // an optimiser may change the weights without libtorch counting it
    torch::Tensor y = training_convolution(x);
    if (silu) y = torch::silu(y);
    return residual.defined() ? y + residual : y;
  }
  if (kernel_ == 3 && stride_ == 1 && compute::winograd_fits(x, weight_)) {
    const auto version = static_cast<std::int64_t>(weight_._version());
    if (version != version_) {
      packed_ = compute::winograd_weights(weight_);
      version_ = version;
    }
    return compute::winograd_conv2d(x, packed_, {bias_, residual, false, silu});
  }
  // Of the colours of a picture libtorch's convolution is the faster one.
  if (x.size(1) < kFewChannels && !residual.defined()) {
    torch::Tensor y = torch::conv2d(x, weight_, bias_, stride_, kernel_ / 2);
    return silu ? torch::silu_(y) : y;
  }
  compute::Conv2dOptions options;
  options.stride = stride_;
  options.padding = kernel_ / 2;
  options.silu = silu;
  return compute::conv2d(x, weight_, bias_, options, residual);
}

ConvUnit::ConvUnit(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                   bool folded, std::int64_t padding) {
  if (padding < 0) padding = kernel / 2;
  TORCH_CHECK(!folded || padding == kernel / 2, "a folded convolution with other padding");
  if (folded) {
    folded_ = register_module("conv", std::make_shared<BiasedConv>(in, out, kernel, stride));
    return;
  }
  conv_ = register_module(
      "conv", std::make_shared<ConvLayer>(empty_kernel(out, in, kernel), stride, padding));
  norm_ = register_module("bn", std::make_shared<NormLayer>(out, 1.0, kMomentum, kNormEpsilon));
}

torch::Tensor ConvUnit::forward(const torch::Tensor& x, const torch::Tensor& residual) {
  if (folded_) return folded_->forward(x, true, residual);
  const torch::Tensor y = torch::silu(norm_->forward(conv_->forward(x), false));
  return residual.defined() ? y + residual : y;
}

Bottleneck::Bottleneck(std::int64_t channels, bool shortcut, bool folded)
    : shortcut_(shortcut),
      first_(register_module("cv1", std::make_shared<ConvUnit>(channels, channels, 3, 1, folded))),
      second_(
          register_module("cv2", std::make_shared<ConvUnit>(channels, channels, 3, 1, folded))) {}

torch::Tensor Bottleneck::forward(const torch::Tensor& x) {
  return second_->forward(first_->forward(x), shortcut_ ? x : torch::Tensor());
}

C2f::C2f(std::int64_t in, std::int64_t out, std::int64_t repeats, bool shortcut, bool folded) {
  const std::int64_t half = out / 2;
  first_ = register_module("cv1", std::make_shared<ConvUnit>(in, 2 * half, 1, 1, folded));
  last_ =
      register_module("cv2", std::make_shared<ConvUnit>((2 + repeats) * half, out, 1, 1, folded));
  const auto list = register_module("m", std::make_shared<ModuleGroup>());
  for (std::int64_t i = 0; i < repeats; ++i) {
    bottlenecks_.push_back(list->register_module(
        std::to_string(i), std::make_shared<Bottleneck>(half, shortcut, folded)));
  }
}

torch::Tensor C2f::forward(const torch::Tensor& x) {
  const torch::Tensor both = first_->forward(x);
  std::vector<compute::JoinedPart> parts = {{both}};
  // Dense, for the convolutions that follow.
  torch::Tensor y = compute::join_channels({{both.narrow(1, both.size(1) / 2, both.size(1) / 2)}});
  for (const auto& bottleneck : bottlenecks_) {
    y = bottleneck->forward(y);
    parts.push_back({y});
  }
  return last_->forward(compute::join_channels(parts));
}

Sppf::Sppf(std::int64_t channels, bool folded)
    : first_(
          register_module("cv1", std::make_shared<ConvUnit>(channels, channels / 2, 1, 1, folded))),
      last_(register_module("cv2",
                            std::make_shared<ConvUnit>(channels * 2, channels, 1, 1, folded))) {}

torch::Tensor Sppf::forward(const torch::Tensor& x) {
  std::vector<compute::JoinedPart> parts = {{first_->forward(x)}};
  for (int i = 0; i < 3; ++i) parts.push_back({torch::max_pool2d(parts.back().x, 5, 1, 2)});
  return last_->forward(compute::join_channels(parts));
}

MaskPrototypes::MaskPrototypes(std::int64_t in, std::int64_t middle, std::int64_t out, bool folded)
    : cv1_(register_module("cv1", std::make_shared<ConvUnit>(in, middle, 3, 1, folded))),
      cv2_(register_module("cv2", std::make_shared<ConvUnit>(middle, middle, 3, 1, folded))),
      cv3_(register_module("cv3", std::make_shared<ConvUnit>(middle, out, 1, 1, folded))) {
  const auto upsample = register_module("upsample", std::make_shared<ModuleGroup>());
  weight_ = upsample->register_parameter("weight", torch::empty({middle, middle, 2, 2}));
  bias_ = upsample->register_parameter("bias", torch::empty({middle}));
}

torch::Tensor MaskPrototypes::forward(const torch::Tensor& x) {
  const torch::Tensor small = cv1_->forward(x);
  const std::int64_t b = small.size(0), h = small.size(2), w = small.size(3);
  const std::int64_t in = weight_.size(0), out = weight_.size(1);
  // The four pixels that each pixel becomes do not overlap: a linear layer to all four.
  const torch::Tensor rows = weight_.permute({2, 3, 1, 0}).reshape({4 * out, in});
  const torch::Tensor four =
      compute::linear(small.permute({0, 2, 3, 1}).contiguous(), rows, bias_.repeat({4}));
  const torch::Tensor large = four.view({b, h, w, 2, 2, out})
                                  .permute({0, 1, 3, 2, 4, 5})
                                  .reshape({b, 2 * h, 2 * w, out})
                                  .permute({0, 3, 1, 2});
  return cv3_->forward(cv2_->forward(large));
}

}  // namespace ersatz::models
