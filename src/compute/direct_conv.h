// Convolution of any square stride for training on the CPU: the kernels of a network that
// Winograd's filtering (compute/winograd.h) does not serve, such as those that halve the picture.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

// Whether direct_conv2d can convolve these: float32 on the CPU, weight [K, C, kh, kw] with K a
// multiple of 16, pictures that are not empty and not smaller than the kernel.
bool direct_conv_fits(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t padding);

// x [B, C, H, W] with weight [K, C, kh, kw]: [B, K, H', W'], channels-last, by
// compute/dense_kernel.h; differentiable in x and weight. Few input channels (a network's first
// layer) are gathered with the columns of the kernel, so that products stay long. Bit-identical for
// any number of threads.
torch::Tensor direct_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                            std::int64_t stride, std::int64_t padding);

// The transposed convolution of x [B, K, H, W] with weight [K, C, kh, kw], bias [C] or undefined:
// [B, C, stride (H - 1) - 2 padding + kh, ...], channels-last; differentiable. On the CPU in
// float32 it is computed as what it is, the gradient of direct_conv2d in its pictures, with K
// filled up to a multiple of 16 by zeros; anything else by libtorch. Bit-identical for any number
// of threads.
torch::Tensor direct_conv_transpose2d(const torch::Tensor& x, const torch::Tensor& weight,
                                      const torch::Tensor& bias, std::int64_t stride,
                                      std::int64_t padding);

}  // namespace ersatz::compute
