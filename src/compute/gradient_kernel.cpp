#include "compute/gradient_kernel.h"

#include <cstring>

namespace ersatz::compute {

namespace {

#define ERSATZ_LANES_FILE "compute/gradient_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void geglu_gradient(VectorIsa isa, const float* x, const float* dy, float* dx, std::int64_t rows,
                    std::int64_t width) {
  ERSATZ_DISPATCH_TO(isa, geglu_gradient, x, dy, dx, rows, width);
}

void sigmoid_product_gradient(VectorIsa isa, const float* x, const float* dy, float* dx,
                              std::int64_t count, float slope) {
  ERSATZ_DISPATCH_TO(isa, sigmoid_product_gradient_run, x, dy, dx, count, slope);
}

}  // namespace ersatz::compute
