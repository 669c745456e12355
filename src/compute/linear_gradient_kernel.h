// The gradient of a linear layer's weights on plain memory.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

// `inputs` must be a multiple of this.
inline constexpr std::int64_t kLinearGradientInputs = 16;

struct LinearWeightGradient {
  std::int64_t rows = 0, outputs = 0, inputs = 0;
  const float* x = nullptr;   // [rows, inputs]
  const float* dy = nullptr;  // [rows, outputs]
  float* dw = nullptr;        // [outputs, inputs]: sum over rows of dy[row][o] * x[row][i]
};

// Rows [first, last) of dw. The result does not depend on how they are divided.
void linear_weight_gradient(VectorIsa isa, const LinearWeightGradient& gradient, std::int64_t first,
                            std::int64_t last);

}  // namespace ersatz::compute
