#include "compute/linear_gradient_kernel.h"

#include <cstring>

namespace ersatz::compute {

namespace {

// Rows taken together: 64 inputs of each fit the first-level cache.
constexpr std::int64_t kRowBlock = 96;

#define ERSATZ_LANES_FILE "compute/linear_gradient_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void linear_weight_gradient(VectorIsa isa, const LinearWeightGradient& gradient, std::int64_t first,
                            std::int64_t last) {
  ERSATZ_DISPATCH_TO(isa, linear_weight_gradient, gradient, first, last);
}

}  // namespace ersatz::compute
