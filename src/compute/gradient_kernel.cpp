#include "compute/gradient_kernel.h"

#include <cstring>

namespace ersatz::compute {

namespace {

#define ERSATZ_LANES_FILE "compute/gradient_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void normalised_gradient_sums(VectorIsa isa, const NormalisedChannels& layer, const float* x,
                              const float* dy, std::int64_t rows, float* dz, float* sum,
                              float* product) {
  ERSATZ_DISPATCH_TO(isa, normalised_gradient_sums, layer, x, dy, rows, dz, sum, product);
}

void normalised_gradient(VectorIsa isa, const NormalisedChannels& layer, const float* x,
                         const float* dz, const float* slope, const float* shift, std::int64_t rows,
                         float* dx) {
  ERSATZ_DISPATCH_TO(isa, normalised_gradient, layer, x, dz, slope, shift, rows, dx);
}

void geglu_gradient(VectorIsa isa, const float* x, const float* dy, float* dx, std::int64_t rows,
                    std::int64_t width) {
  ERSATZ_DISPATCH_TO(isa, geglu_gradient, x, dy, dx, rows, width);
}

void sigmoid_product_gradient(VectorIsa isa, const float* x, const float* dy, float* dx,
                              std::int64_t count, float slope) {
  ERSATZ_DISPATCH_TO(isa, sigmoid_product_gradient_run, x, dy, dx, count, slope);
}

}  // namespace ersatz::compute
