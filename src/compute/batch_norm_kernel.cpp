#include "compute/batch_norm_kernel.h"

#include <cstring>

namespace ersatz::compute {

namespace {

#define ERSATZ_LANES_FILE "compute/batch_norm_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void affine_rows(VectorIsa isa, const ChannelAffine& affine, const float* x, const float* residual,
                 bool relu, std::int64_t rows, std::int64_t channels, float* y) {
  ERSATZ_DISPATCH_TO(isa, affine_rows, affine, x, residual, relu, rows, channels, y);
}

void gradient_sums(VectorIsa isa, const GradientRows& in, float* sum, float* product,
                   float* masked) {
  ERSATZ_DISPATCH_TO(isa, gradient_sums, in, sum, product, masked);
}

void input_gradient(VectorIsa isa, const GradientRows& in, const GradientAffine& affine,
                    float* dx) {
  ERSATZ_DISPATCH_TO(isa, input_gradient, in, affine, dx);
}

void pool_row(VectorIsa isa, const PoolRows& pool, const float* x, std::int64_t row, float* y,
              std::uint8_t* winner) {
  ERSATZ_DISPATCH_TO(isa, pool_row, pool, x, row, y, winner);
}

void pool_gradient_sums(VectorIsa isa, const PoolRows& pool, const float* x, const float* dy,
                        const std::uint8_t* winner, std::int64_t row, float* sum, float* product) {
  ERSATZ_DISPATCH_TO(isa, pool_gradient_sums, pool, x, dy, winner, row, sum, product);
}

void pool_input_gradient(VectorIsa isa, const PoolRows& pool, const GradientAffine& affine,
                         const float* x, const float* dy, const std::uint8_t* winner,
                         std::int64_t row, float* dx) {
  ERSATZ_DISPATCH_TO(isa, pool_input_gradient, pool, affine, x, dy, winner, row, dx);
}

}  // namespace ersatz::compute
