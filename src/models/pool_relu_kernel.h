// 2x2 max pooling and ReLU in one pass, for images in memory order [height, width, channels].
#pragma once

#include <cstdint>

namespace ersatz::models {

struct PoolShape {
  std::int64_t height = 0, width = 0, channels = 0;  // of one input image
};

// output [height/2, width/2, channels] = max(0, maximum of each 2x2 window); an odd last row or
// column is left out. `winner` (same shape; may be null) receives the position of the maximum in
// its window, 0..3 in row-major order, or 4 when the maximum is not positive. A NaN stays a NaN.
void pool_relu_forward(const float* input, float* output, std::uint8_t* winner,
                       const PoolShape& shape);

// Gradient for one image: every element of `input_gradient` is written.
void pool_relu_backward(const float* output_gradient, const std::uint8_t* winner,
                        float* input_gradient, const PoolShape& shape);

}  // namespace ersatz::models
