// Two-dimensional convolution as the diffusion networks use it.
//
// On the CPU in float32, without gradients, by compute/dense_kernel.h: input and output
// channels-last, the weights read in place in the type they are stored in. Anything else is
// libtorch's convolution.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

struct Conv2dOptions {
  std::int64_t stride = 1;
  std::int64_t padding = 0;  // zeros on every side
  // Zeros on the right and bottom only, besides `padding` (the autoencoder's down-sampling).
  std::int64_t extra_end_padding = 0;
  bool upsample = false;  // convolve the input enlarged twofold, nearest neighbour; never stored
  bool silu = false;      // y * sigmoid(y) of the result with its bias, before the residual
};

// x [B, I, H, W]; weight [O, I, kh, kw] in x's type or, for float32 x, in float16 or bfloat16 (then
// computed in float32). bias: [O], or [B, O] for one of each image, or undefined. residual: added
// to the result, [B, O, H', W'], or undefined. Returns [B, O, H', W'], channels-last on the CPU.
torch::Tensor conv2d(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     const Conv2dOptions& options = {}, const torch::Tensor& residual = {});

}  // namespace ersatz::compute
