// The loop behind the gradient of the kernel in compute/direct_conv.h, on plain memory.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

struct ConvShape {
  std::int64_t batch = 0, height = 0, width = 0, inputs = 0;  // x [batch, height, width, inputs]
  std::int64_t out_height = 0, out_width = 0, outputs = 0;    // y
  std::int64_t kernel_height = 0, kernel_width = 0, stride = 1, padding = 0;
  // Floats of x from one pixel to the next. Less than `inputs` when the inputs of a pixel include
  // those of the pixels after it.
  std::int64_t pixel = 0;
};

// Inputs and outputs of one task.
inline constexpr std::int64_t kConvInputs = 96;
inline constexpr std::int64_t kConvOutputs = 64;

// Adds to sum [inputs of the block][outputs of the block] what pictures [first, last) contribute to
// the gradient of the kernel at tap (row, column): the sum over output pixels of x under the tap
// times dy. Inputs from `input` on, at most kConvInputs; outputs from `output` on, at most
// kConvOutputs; outputs are a multiple of 16.
void kernel_gradient(VectorIsa isa, const ConvShape& shape, const float* x, const float* dy,
                     std::int64_t first, std::int64_t last, std::int64_t row, std::int64_t column,
                     std::int64_t input, std::int64_t output, float* sum);

}  // namespace ersatz::compute
