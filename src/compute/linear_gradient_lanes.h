// The loop of compute/linear_gradient_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h).
#include "compute/float_lanes.h"
#include "compute/product_lanes.h"

inline void linear_weight_gradient(const LinearWeightGradient& g, std::int64_t first,
                                   std::int64_t last) {
  for (std::int64_t row = 0; row < g.rows; row += kRowBlock) {
    const std::int64_t left = g.rows - row;
    Product product{};
    product.a = g.dy + row * g.outputs + first;
    product.a_row = 1;
    product.a_step = g.outputs;
    product.b = g.x + row * g.inputs;
    product.b_row = g.inputs;
    product.depth = left < kRowBlock ? left : kRowBlock;
    product.c = g.dw + first * g.inputs;
    product.c_row = g.inputs;
    if (row == 0) {
      multiply<false>(product, last - first, g.inputs);
    } else {
      multiply<true>(product, last - first, g.inputs);
    }
  }
}
