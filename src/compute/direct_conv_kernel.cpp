#include "compute/direct_conv_kernel.h"

#include <cstring>

namespace ersatz::compute {

namespace {

#define ERSATZ_LANES_FILE "compute/direct_conv_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void kernel_gradient(VectorIsa isa, const ConvShape& shape, const float* x, const float* dy,
                     std::int64_t first, std::int64_t last, std::int64_t row, std::int64_t column,
                     std::int64_t input, std::int64_t output, float* sum) {
  ERSATZ_DISPATCH_TO(isa, kernel_gradient, shape, x, dy, first, last, row, column, input, output,
                     sum);
}

}  // namespace ersatz::compute
