#include "compute/fused_kernel.h"

#include <cstring>

namespace ersatz::compute {

namespace {

#define ERSATZ_LANES_FILE "compute/fused_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void channel_moments(VectorIsa isa, const float* x, std::int64_t rows, std::int64_t channels,
                     float* sum, float* square) {
  ERSATZ_DISPATCH_TO(isa, channel_moments, x, rows, channels, sum, square);
}

void normalise_rows(VectorIsa isa, const float* x, float* y, std::int64_t rows,
                    std::int64_t channels, const float* mean, const float* scale,
                    const float* shift, bool silu) {
  ERSATZ_DISPATCH_TO(isa, normalise_rows, x, y, rows, channels, mean, scale, shift, silu);
}

void normalise_run(VectorIsa isa, const float* x, float* y, std::int64_t count, float mean,
                   float scale, float shift, bool silu) {
  ERSATZ_DISPATCH_TO(isa, normalise_run, x, y, count, mean, scale, shift, silu);
}

void layer_norm_rows(VectorIsa isa, const float* x, float* y, std::int64_t rows, std::int64_t width,
                     const float* weight, const float* bias, double epsilon) {
  ERSATZ_DISPATCH_TO(isa, layer_norm_rows, x, y, rows, width, weight, bias, epsilon);
}

void geglu_rows(VectorIsa isa, const float* x, float* y, std::int64_t rows, std::int64_t width) {
  ERSATZ_DISPATCH_TO(isa, geglu_rows, x, y, rows, width);
}

void sigmoid_product(VectorIsa isa, const float* x, float* y, std::int64_t count, float slope) {
  ERSATZ_DISPATCH_TO(isa, sigmoid_product_run, x, y, count, slope);
}

}  // namespace ersatz::compute
