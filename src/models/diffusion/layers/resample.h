// Halving and doubling of feature maps (diffusers' Downsample2D and Upsample2D). Parameters are
// below "conv".
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>

#include "models/diffusion/layers/conv2d.h"

namespace ersatz::models {

class Downsample : public torch::nn::Module {
 public:
  // `sampling`: kHalf in the UNet, kHalfAfter in the autoencoder.
  Downsample(std::int64_t channels, ConvSampling sampling);
  torch::Tensor forward(const torch::Tensor& x) const;

 private:
  std::shared_ptr<Conv2d> conv_;
};

class Upsample : public torch::nn::Module {
 public:
  explicit Upsample(std::int64_t channels);
  // [B, C, H, W] -> [B, C, height, width]: 2H x 2W, or one pixel less where the map that this one
  // was made from had an odd side.
  torch::Tensor forward(const torch::Tensor& x, std::int64_t height, std::int64_t width) const;

 private:
  std::shared_ptr<Conv2d> conv_;
};

}  // namespace ersatz::models
