#include "models/detection/resnet_body.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cmath>
#include <optional>
#include <string>

#include "core/error.h"
#include "models/initialise.h"
#include "models/module_group.h"

namespace ersatz::models {

namespace {

std::shared_ptr<ConvLayer> conv(std::int64_t out, std::int64_t in, std::int64_t kernel,
                                std::int64_t stride, std::uint64_t seed, const std::string& name) {
  const double deviation = std::sqrt(2.0 / static_cast<double>(out * kernel * kernel));
  return std::make_shared<ConvLayer>(
      normal_weights({out, in, kernel, kernel}, deviation, seed, "backbone.body." + name), stride,
      kernel / 2);
}

}  // namespace

// conv1, bn1, ... one after another, a ReLU after each and after the sum with the shortcut.
class ResidualBlock : public torch::nn::Module {
 public:
  struct Kernel {
    std::int64_t out, in, size, stride;
  };

  ResidualBlock(const std::vector<Kernel>& kernels, std::uint64_t seed, const std::string& name) {
    std::int64_t stride = 1;
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      const Kernel& k = kernels[i];
      const std::string at = std::to_string(i + 1);
      const auto layer = register_module(
          "conv" + at, conv(k.out, k.in, k.size, k.stride, seed, name + ".conv" + at + ".weight"));
      const auto norm = register_module("bn" + at, std::make_shared<NormLayer>(k.out));
      layers_.emplace_back(layer, norm);
      stride *= k.stride;
    }
    const std::int64_t in = kernels.front().in, out = kernels.back().out;
    if (stride == 1 && in == out) return;
    const auto downsample = register_module("downsample", std::make_shared<ModuleGroup>());
    const auto layer = downsample->register_module(
        "0", conv(out, in, 1, stride, seed, name + ".downsample.0.weight"));
    shortcut_.emplace(layer, downsample->register_module("1", std::make_shared<NormLayer>(out)));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor shortcut = shortcut_ ? shortcut_->forward(x, false) : x;
    torch::Tensor y = x;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      y = layers_[i].forward(y, true, i + 1 == layers_.size() ? shortcut : torch::Tensor());
    }
    return y;
  }

 private:
  std::vector<ConvNorm> layers_;
  std::optional<ConvNorm> shortcut_;
};

ResNetBody::ResNetBody(int layers, std::uint64_t seed) {
  if (layers != 18 && layers != 50) {
    throw core::Error::usage(fmt::format("a backbone of {} layers: 18 and 50 are there", layers));
  }
  conv1_ = register_module("conv1", conv(64, 3, 7, 2, seed, "conv1.weight"));
  bn1_ = register_module("bn1", std::make_shared<NormLayer>(64));
  const bool deep = layers == 50;
  const std::array<int, 4> blocks =
      deep ? std::array<int, 4>{3, 4, 6, 3} : std::array<int, 4>{2, 2, 2, 2};
  std::int64_t in = 64;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    const auto list =
        register_module(fmt::format("layer{}", stage + 1), std::make_shared<ModuleGroup>());
    const std::int64_t width = std::int64_t{64} << stage, out = deep ? 4 * width : width;
    for (int b = 0; b < blocks[stage]; ++b) {
      const std::int64_t stride = b == 0 && stage > 0 ? 2 : 1;
      const std::vector<ResidualBlock::Kernel> kernels =
          deep ? std::vector<ResidualBlock::Kernel>{{width, in, 1, 1},
                                                    {width, width, 3, stride},
                                                    {out, width, 1, 1}}
               : std::vector<ResidualBlock::Kernel>{{out, in, 3, stride}, {out, out, 3, 1}};
      stages_[stage].push_back(list->register_module(
          std::to_string(b),
          std::make_shared<ResidualBlock>(kernels, seed, fmt::format("layer{}.{}", stage + 1, b))));
      in = out;
    }
    if (stage > 0) channels_[stage - 1] = out;
  }
}

std::array<torch::Tensor, 3> ResNetBody::forward(const torch::Tensor& images) {
  torch::Tensor x =
      bn1_->relu_max_pool(conv1_->forward(images.contiguous(torch::MemoryFormat::ChannelsLast)));
  std::array<torch::Tensor, 3> outputs;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    for (const auto& block : stages_[stage]) x = block->forward(x);
    if (stage > 0) outputs[stage - 1] = x;
  }
  return outputs;
}

}  // namespace ersatz::models
