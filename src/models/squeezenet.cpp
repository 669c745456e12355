#include "models/squeezenet.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <array>
#include <cmath>
#include <memory>

#include "compute/direct_conv.h"
#include "compute/winograd.h"
#include "core/error.h"
#include "models/initialise.h"
#include "models/module_group.h"

namespace ersatz::models {

namespace {

struct FireSize {
  int number;  // in torchvision's "features"
  std::int64_t in, squeeze, expand;
};
constexpr std::array<FireSize, 8> kFires = {{{3, 96, 16, 64},
                                             {4, 128, 16, 64},
                                             {5, 128, 32, 128},
                                             {7, 256, 32, 128},
                                             {8, 256, 48, 192},
                                             {9, 384, 48, 192},
                                             {10, 384, 64, 256},
                                             {12, 512, 64, 256}}};
constexpr std::int64_t kFeatures = 512;

// In training on the CPU by our convolutions, whose gradients are the faster ones; with libtorch's
// bias and convolution otherwise.
torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight,
                       const torch::Tensor& bias, std::int64_t stride) {
  const std::int64_t padding = weight.size(2) == 3 ? 1 : 0;
  if (torch::GradMode::is_enabled() && weight.requires_grad()) {
    const torch::Tensor place = bias.view({1, -1, 1, 1});
    if (stride == 1 && padding == 1 && compute::winograd_fits(x, weight)) {
      return compute::winograd_conv2d(x, weight) + place;
    }
    if (compute::direct_conv_fits(x, weight, padding)) {
      return compute::direct_conv2d(x, weight, stride, padding) + place;
    }
  }
  return torch::conv2d(x, weight, bias, stride, padding);
}

torch::Tensor pool(const torch::Tensor& x) {
  return torch::max_pool2d(x, 3, 2, 0, 1, /*ceil_mode=*/true);
}

}  // namespace

SqueezeNet::SqueezeNet(std::int64_t classes, double dropout, std::uint64_t seed)
    : dropout_(dropout) {
  if (classes < 1) throw core::Error::usage("a classifier needs at least one class");
  if (!(dropout >= 0 && dropout < 1)) {
    throw core::Error::usage(fmt::format("a classifier dropout of {} is outside [0, 1)", dropout));
  }
  const auto features = register_module("features", std::make_shared<ModuleGroup>());
  const auto register_conv = [&](ModuleGroup& parent, const std::string& name,
                                 torch::Tensor weight) {
    const auto layer = parent.register_module(name, std::make_shared<ModuleGroup>());
    return Conv{layer->register_parameter("weight", channels_last_kernel(weight)),
                layer->register_parameter("bias", torch::zeros({weight.size(0)}))};
  };
  const auto conv = [&](ModuleGroup& parent, const std::string& prefix, const std::string& name,
                        std::int64_t out, std::int64_t in, std::int64_t kernel) {
    const double bound = std::sqrt(6.0 / static_cast<double>(in * kernel * kernel));
    return register_conv(parent, name,
                         uniform_weights({out, in, kernel, kernel}, bound, seed, prefix + name));
  };
  stem_ = conv(*features, "features.", "0", 96, 3, 7);
  for (const FireSize& size : kFires) {
    const std::string name = std::to_string(size.number), prefix = "features." + name + ".";
    const auto fire = features->register_module(name, std::make_shared<ModuleGroup>());
    fires_.push_back({conv(*fire, prefix, "squeeze", size.squeeze, size.in, 1),
                      conv(*fire, prefix, "expand1x1", size.expand, size.squeeze, 1),
                      conv(*fire, prefix, "expand3x3", size.expand, size.squeeze, 3)});
  }
  const auto classifier = register_module("classifier", std::make_shared<ModuleGroup>());
  classifier_ = register_conv(
      *classifier, "1", normal_weights({classes, kFeatures, 1, 1}, 0.01, seed, "classifier.1"));
}

torch::Tensor SqueezeNet::features(const torch::Tensor& images) {
  TORCH_CHECK(images.dim() == 4 && images.size(1) == 3, "SqueezeNet: images must be [B, 3, H, W], ",
              "got ", images.sizes());
  const auto apply = [](const torch::Tensor& in, const Conv& conv, std::int64_t stride) {
    return convolve(in, conv.weight, conv.bias, stride).relu_();
  };
  torch::Tensor x = apply(images.contiguous(torch::MemoryFormat::ChannelsLast), stem_, 2);
  x = pool(x);
  for (std::size_t i = 0; i < fires_.size(); ++i) {
    const torch::Tensor squeezed = apply(x, fires_[i].squeeze, 1);
    x = torch::cat({apply(squeezed, fires_[i].expand1, 1), apply(squeezed, fires_[i].expand3, 1)},
                   1);
    if (kFires[i].number == 5 || kFires[i].number == 10) x = pool(x);
  }
  return x;
}

torch::Tensor SqueezeNet::head(const torch::Tensor& features) {
  const torch::Tensor kept =
      is_training() && dropout_ > 0 ? torch::dropout(features, dropout_, true) : features;
  return torch::conv2d(kept, classifier_.weight, classifier_.bias).relu_().mean({2, 3});
}

}  // namespace ersatz::models
