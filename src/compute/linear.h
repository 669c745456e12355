// The linear layer x W^T + bias. On the CPU in float32 by compute/dense_kernel.h, with gradients
// (once differentiable) where everything is float32 and the inputs are a multiple of 16; anything
// else by libtorch.
#pragma once

#include <torch/types.h>

namespace ersatz::compute {

// x [..., I]; weight [O, I] in x's type or, for float32 x, in float16 or bfloat16 (then computed in
// float32). bias [O] or undefined. residual [..., O], added to the result, or undefined.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     const torch::Tensor& residual = {});

// geglu(linear(x, weight, bias)) (compute/fused_layers.h) without storing the linear layer's
// result: weight [2C, I], returns [..., C].
torch::Tensor linear_geglu(const torch::Tensor& x, const torch::Tensor& weight,
                           const torch::Tensor& bias);

}  // namespace ersatz::compute
