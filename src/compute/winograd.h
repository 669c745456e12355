// 3x3 convolution with stride 1 and padding 1, for training on the CPU.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

// Whether winograd_conv2d can convolve these: float32 on the CPU, weight [K, C, 3, 3], C and K
// multiples of 16, pictures that are not empty.
bool winograd_fits(const torch::Tensor& x, const torch::Tensor& weight);

// What is done to the sum before it is stored.
struct ConvFinish {
  torch::Tensor bias;      // [K], or undefined
  torch::Tensor residual;  // as the result, or undefined
  bool relu = false;       // of the sum
  bool silu = false;       // of the sum with the bias, before the residual
};

// x [B, C, H, W] with weight [K, C, 3, 3]: [B, K, H, W], channels-last, by
// compute/winograd_kernel.h. Differentiable in x and weight. Bit-identical for any number of
// threads.
torch::Tensor winograd_conv2d(const torch::Tensor& x, const torch::Tensor& weight);

// Weights in the order of the products, for convolving with them more than once.
struct WinogradWeights {
  torch::Tensor packed;
  std::int64_t inputs = 0, outputs = 0;
};
WinogradWeights winograd_weights(const torch::Tensor& weight);

// The same without gradients, finished before it is stored.
torch::Tensor winograd_conv2d(const torch::Tensor& x, const WinogradWeights& weights,
                              const ConvFinish& finish = {});

}  // namespace ersatz::compute
