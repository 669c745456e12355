#include "compute/norm_gradient_kernel.h"

#include <cstring>

namespace ersatz::compute {

namespace {

#define ERSATZ_LANES_FILE "compute/norm_gradient_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void norm_gradient_sums(VectorIsa isa, const NormGradientRows& rows, float* sum, float* product) {
  ERSATZ_DISPATCH_TO(isa, norm_gradient_sums, rows, sum, product);
}

void norm_gradient(VectorIsa isa, const NormGradientRows& rows, const float* offset,
                   const float* slope, float* result) {
  ERSATZ_DISPATCH_TO(isa, norm_gradient, rows, offset, slope, result);
}

}  // namespace ersatz::compute
