// The time of a diffusion step as a vector (Ho et al. 2020; Vaswani et al. 2017, section 3.5).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>

#include "models/diffusion/layers/linear.h"

namespace ersatz::models {

// float32 [B, channels]: sines and cosines of t / 10000^(i / (channels/2 - shift)), computed in
// float32 whatever the network's type; sines first unless `flip_sin_to_cos`. timesteps: [B].
torch::Tensor sinusoidal_embedding(const torch::Tensor& timesteps, std::int64_t channels,
                                   bool flip_sin_to_cos, double shift);

// linear_1, SiLU, linear_2.
class TimestepEmbedding : public torch::nn::Module {
 public:
  TimestepEmbedding(std::int64_t in, std::int64_t out);
  torch::Tensor forward(const torch::Tensor& x) const;

 private:
  std::shared_ptr<Linear> linear1_, linear2_;
};

}  // namespace ersatz::models
