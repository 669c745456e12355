// Normalisation layers: parameters "weight" and "bias", allocated but not initialised.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>

namespace ersatz::models {

class GroupNorm : public torch::nn::Module {
 public:
  GroupNorm(std::int64_t groups, std::int64_t channels, double epsilon);
  // x [B, C, H, W], keeps its memory format; followed by SiLU if asked for. An x that is handed
  // over (moved in, held by nobody else) is overwritten.
  torch::Tensor forward(torch::Tensor x, bool silu = false) const;

 private:
  std::int64_t groups_;
  double epsilon_;
  torch::Tensor weight_, bias_;
};

class LayerNorm : public torch::nn::Module {
 public:
  explicit LayerNorm(std::int64_t channels, double epsilon = 1e-5);
  torch::Tensor forward(const torch::Tensor& x) const;  // [..., C]

 private:
  double epsilon_;
  torch::Tensor weight_, bias_;
};

}  // namespace ersatz::models
