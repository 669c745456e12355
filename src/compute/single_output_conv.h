// Convolution to one output channel: the last layer of a generator of grey pictures.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

// x [B, C, H, W] with weight [1, C, kh, kw], stride 1, zeros of `padding` on every side, bias [1]
// or undefined: [B, 1, H', W']. On the CPU in float32 with C a multiple of 16 every pixel is
// multiplied with all taps at once (compute/linear.h), and the products are added where the taps
// put them: libtorch's convolutions compute whole vectors of output channels, of which 15 of 16 are
// empty here. Anything else is libtorch's. Differentiable. Bit-identical for any number of threads.
torch::Tensor single_output_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                                   const torch::Tensor& bias, std::int64_t padding);

}  // namespace ersatz::compute
