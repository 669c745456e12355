#include "models/resnet.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/error.h"
#include "models/initialise.h"
#include "models/module_group.h"

namespace ersatz::models {

namespace {

std::shared_ptr<ConvLayer> conv(std::int64_t out, std::int64_t in, std::int64_t kernel,
                                std::int64_t stride, std::uint64_t seed, const std::string& name) {
  const double deviation = std::sqrt(2.0 / static_cast<double>(out * kernel * kernel));
  return std::make_shared<ConvLayer>(
      normal_weights({out, in, kernel, kernel}, deviation, seed, name), stride, kernel / 2);
}

void check(const ResNetOptions& options) {
  const auto [least, most] = std::minmax_element(options.blocks.begin(), options.blocks.end());
  if (*least < 1 || *most > 100 || options.classes < 1 || options.width < 1 ||
      options.width > 4096) {
    throw core::Error::usage(
        fmt::format("a ResNet of width {} with {} classes and {}, {}, {}, {} blocks", options.width,
                    options.classes, options.blocks[0], options.blocks[1], options.blocks[2],
                    options.blocks[3]));
  }
}

}  // namespace

// relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)).
class BasicBlock : public torch::nn::Module {
 public:
  BasicBlock(std::int64_t out, std::int64_t in, std::int64_t stride, double last_scale,
             std::uint64_t seed, const std::string& name)
      : conv1_(register_module("conv1", conv(out, in, 3, stride, seed, name + ".conv1.weight"))),
        bn1_(register_module("bn1", std::make_shared<NormLayer>(out))),
        conv2_(register_module("conv2", conv(out, out, 3, 1, seed, name + ".conv2.weight"))),
        bn2_(register_module("bn2", std::make_shared<NormLayer>(out, last_scale))),
        first_(conv1_, bn1_),
        second_(conv2_, bn2_) {
    if (stride == 1 && in == out) return;
    const auto downsample = register_module("downsample", std::make_shared<ModuleGroup>());
    const auto kernel = downsample->register_module(
        "0", conv(out, in, 1, stride, seed, name + ".downsample.0.weight"));
    const auto norm = downsample->register_module("1", std::make_shared<NormLayer>(out));
    shortcut_.emplace(kernel, norm);
  }

  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor shortcut = shortcut_ ? shortcut_->forward(x, false) : x;
    return second_.forward(first_.forward(x, true), true, shortcut);
  }

 private:
  std::shared_ptr<ConvLayer> conv1_;
  std::shared_ptr<NormLayer> bn1_;
  std::shared_ptr<ConvLayer> conv2_;
  std::shared_ptr<NormLayer> bn2_;
  ConvNorm first_, second_;
  std::optional<ConvNorm> shortcut_;
};

ResNet::ResNet(const ResNetOptions& options, std::uint64_t seed) : small_stem_(options.small_stem) {
  check(options);
  const std::int64_t kernel = small_stem_ ? 3 : 7, stride = small_stem_ ? 1 : 2;
  conv1_ = register_module("conv1", conv(options.width, 3, kernel, stride, seed, "conv1.weight"));
  bn1_ = register_module("bn1", std::make_shared<NormLayer>(options.width));
  std::int64_t channels = options.width;
  for (std::size_t stage = 0; stage < options.blocks.size(); ++stage) {
    const auto layer =
        register_module(fmt::format("layer{}", stage + 1), std::make_shared<ModuleGroup>());
    const std::int64_t out = options.width << stage;
    for (std::int64_t b = 0; b < options.blocks[stage]; ++b) {
      const std::string name = fmt::format("layer{}.{}", stage + 1, b);
      blocks_.push_back(layer->register_module(
          std::to_string(b),
          std::make_shared<BasicBlock>(out, channels, b == 0 && stage > 0 ? 2 : 1,
                                       options.zero_init_residual ? 0.0 : 1.0, seed, name)));
      channels = out;
    }
  }
  const auto fc = register_module("fc", std::make_shared<ModuleGroup>());
  const double bound = 1.0 / std::sqrt(static_cast<double>(channels));
  fc_weight_ = fc->register_parameter(
      "weight", uniform_weights({options.classes, channels}, bound, seed, "fc.weight"));
  fc_bias_ =
      fc->register_parameter("bias", uniform_weights({options.classes}, bound, seed, "fc.bias"));
}

torch::Tensor ResNet::features(const torch::Tensor& images) {
  TORCH_CHECK(images.dim() == 4 && images.size(1) == 3, "ResNet: images must be [B, 3, H, W], got ",
              images.sizes());
  torch::Tensor x = conv1_->forward(images.contiguous(torch::MemoryFormat::ChannelsLast));
  x = small_stem_ ? bn1_->forward(x, true) : bn1_->relu_max_pool(x);
  for (const auto& block : blocks_) x = block->forward(x);
  return x;
}

torch::Tensor ResNet::head(const torch::Tensor& features) {
  return torch::linear(features.mean({2, 3}), fc_weight_, fc_bias_);
}

}  // namespace ersatz::models
