// The loops behind compute/fused_layers.h, on plain memory.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

// Rows are taken together in blocks of this many for moments: short enough for single precision.
inline constexpr std::int64_t kMomentRows = 256;

// Of x [rows, channels], rows <= kMomentRows: per channel the sums of (x - shift) and of its
// square, with shift the first row. The shift keeps digits when the mean is large beside the
// deviation.
void channel_moments(VectorIsa isa, const float* x, std::int64_t rows, std::int64_t channels,
                     float* sum, float* square);

// y = (x - mean[c]) * scale[c] + shift[c], then y * sigmoid(y) when `silu`. x, y [rows, channels].
void normalise_rows(VectorIsa isa, const float* x, float* y, std::int64_t rows,
                    std::int64_t channels, const float* mean, const float* scale,
                    const float* shift, bool silu);

// The same with one mean, scale and shift for `count` values.
void normalise_run(VectorIsa isa, const float* x, float* y, std::int64_t count, float mean,
                   float scale, float shift, bool silu);

// Layer normalisation of each row of x [rows, width].
void layer_norm_rows(VectorIsa isa, const float* x, float* y, std::int64_t rows, std::int64_t width,
                     const float* weight, const float* bias, double epsilon);

// x [rows, 2 width] -> y [rows, width] = x[:, :width] * gelu(x[:, width:]).
void geglu_rows(VectorIsa isa, const float* x, float* y, std::int64_t rows, std::int64_t width);

// y = x * sigmoid(slope * x).
void sigmoid_product(VectorIsa isa, const float* x, float* y, std::int64_t count, float slope);

}  // namespace ersatz::compute
