// Gated and sigmoid units of compute/fused_layers.h with their gradients, for float32 tensors on
// the CPU that fused_layers.cpp has looked at. Each keeps its input for the backward pass and
// nothing else of that size, and has no second derivative (an error says so).
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

torch::Tensor geglu_with_gradient(const torch::Tensor& x);

// x * sigmoid(slope * x)
torch::Tensor sigmoid_product_with_gradient(const torch::Tensor& x, double slope);

}  // namespace ersatz::compute
