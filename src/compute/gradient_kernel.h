// The loops behind compute/fused_gradients.h, on plain memory.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

// x [rows, 2 width], dy [rows, width] -> dx [rows, 2 width], for y = x[:, :width] *
// gelu(x[:, width:]).
void geglu_gradient(VectorIsa isa, const float* x, const float* dy, float* dx, std::int64_t rows,
                    std::int64_t width);

// dx = dy * d/dx (x * sigmoid(slope * x)).
void sigmoid_product_gradient(VectorIsa isa, const float* x, const float* dy, float* dx,
                              std::int64_t count, float slope);

}  // namespace ersatz::compute
