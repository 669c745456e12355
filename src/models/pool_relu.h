// ReLU and 2x2 max pooling as one differentiable operation.
#pragma once

#include <torch/types.h>

namespace ersatz::models {

// relu(max_pool2d(x, 2, 2)) of x [B, C, H, W]: [B, C, floor(H/2), floor(W/2)]. The two commute, so
// this is the "convolution, ReLU, pooling" of the papers with a quarter of the ReLU work. On the
// CPU it keeps one byte per output for the gradient where libtorch keeps eight.
torch::Tensor pool_relu(const torch::Tensor& x);

}  // namespace ersatz::models
