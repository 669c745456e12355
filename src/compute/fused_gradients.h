// The layers of compute/fused_layers.h with their gradients, for float32 tensors on the CPU that
// fused_layers.cpp has looked at. Each keeps its input for the backward pass and nothing else of
// that size, and has no second derivative (an error says so).
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

// x [B, C, H, W] channels-last.
torch::Tensor group_norm_with_gradient(const torch::Tensor& x, std::int64_t groups,
                                       const torch::Tensor& weight, const torch::Tensor& bias,
                                       double epsilon, bool silu);

torch::Tensor geglu_with_gradient(const torch::Tensor& x);

// x * sigmoid(slope * x)
torch::Tensor sigmoid_product_with_gradient(const torch::Tensor& x, double slope);

}  // namespace ersatz::compute
