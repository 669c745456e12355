// The convolutional stages of ResNet-18 and ResNet-50 (He et al. 2016, table 1) as a detector's
// backbone, with torchvision's names.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/conv_layer.h"

namespace ersatz::models {

class ResidualBlock;

// conv1.weight, bn1.*, layer1.0.conv1.weight, ..., layer1.0.downsample.0.weight: kernels normal
// with deviation sqrt(2 / (out * k * k)), as torchvision draws them.
class ResNetBody : public torch::nn::Module {
 public:
  // `layers`: 18 (basic blocks) or 50 (bottlenecks, the stride in the 3x3 kernel). Error::usage for
  // another.
  ResNetBody(int layers, std::uint64_t seed);

  // images [B, 3, H, W] -> the outputs of stages 2, 3, 4, of strides 8, 16, 32.
  std::array<torch::Tensor, 3> forward(const torch::Tensor& images);
  // Channels of these.
  const std::array<std::int64_t, 3>& channels() const { return channels_; }

 private:
  std::shared_ptr<ConvLayer> conv1_;
  std::shared_ptr<NormLayer> bn1_;
  std::array<std::vector<std::shared_ptr<ResidualBlock>>, 4> stages_;
  std::array<std::int64_t, 3> channels_ = {};
};

}  // namespace ersatz::models
