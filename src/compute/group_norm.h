// Group normalisation of float32 on the CPU, and its gradient: what compute::group_norm
// (compute/fused_layers.h) is made of.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

struct GroupNormOptions {
  std::int64_t groups = 1;
  double epsilon = 1e-5;
  bool silu = false;
};

// x, y: [B, C, H, W], both contiguous or both channels-last; may be the same memory. weight, bias
// [C], contiguous.
void group_norm_forward(const torch::Tensor& x, const torch::Tensor& weight,
                        const torch::Tensor& bias, const GroupNormOptions& options,
                        torch::Tensor& y);

// The same as a new tensor, channels-last as x is taken, with a gradient. It keeps x, not the
// normalised x, and computes the activation again on the way back.
torch::Tensor differentiable_group_norm(const torch::Tensor& x, const torch::Tensor& weight,
                                        const torch::Tensor& bias, const GroupNormOptions& options);

}  // namespace ersatz::compute
