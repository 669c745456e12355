// The residual block of the UNet and of the autoencoder (diffusers' ResnetBlock2D):
// x + conv(silu(norm(conv(silu(norm(x))) + time))).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>

#include "models/diffusion/layers/conv2d.h"
#include "models/diffusion/layers/linear.h"
#include "models/diffusion/layers/norm.h"

namespace ersatz::models {

struct ResnetOptions {
  std::int64_t in = 0, out = 0;    // channels; when they differ, x passes a 1x1 convolution
  std::int64_t time_channels = 0;  // 0: does not depend on the time
  std::int64_t groups = 32;
  double epsilon = 1e-5;
};

class ResnetBlock : public torch::nn::Module {
 public:
  explicit ResnetBlock(const ResnetOptions& options);

  // x [B, in, H, W] (moved in, its memory is freed as early as possible); time [B or 1,
  // time_channels], after its SiLU.
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& time = {}) const;

 private:
  std::shared_ptr<GroupNorm> norm1_, norm2_;
  std::shared_ptr<Conv2d> conv1_, conv2_;
  std::shared_ptr<Linear> time_, shortcut_;
};

}  // namespace ersatz::models
