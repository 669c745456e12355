// The loops behind compute/batch_norm.h, on plain memory: rows of pixels, channels side by side.
// Channel counts are multiples of 16.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

// z = (x - mean) * scale + shift, one number of each per channel.
struct ChannelAffine {
  const float* mean = nullptr;
  const float* scale = nullptr;
  const float* shift = nullptr;
};

// y = z, z + residual where that is not null, and cut off below 0 when `relu`.
void affine_rows(VectorIsa isa, const ChannelAffine& affine, const float* x, const float* residual,
                 bool relu, std::int64_t rows, std::int64_t channels, float* y);

// Where a gradient passes a ReLU.
enum class ReluMask {
  kNone,    // there is none
  kAffine,  // where z > 0, computed again
  kOutput,  // where the output y > 0
};

struct GradientRows {
  ChannelAffine affine;
  ReluMask mask = ReluMask::kNone;
  const float* x = nullptr;   // [rows, channels]
  const float* y = nullptr;   // for kOutput
  const float* dy = nullptr;  // [rows, channels]
  std::int64_t rows = 0, channels = 0;
};

// Per channel the sums of g and of g * (x - mean), with g the gradient behind the ReLU; which is
// also written to `masked` unless that is null. rows <= kMomentRows (compute/fused_kernel.h).
void gradient_sums(VectorIsa isa, const GradientRows& in, float* sum, float* product,
                   float* masked);

// dx = g * of_gradient + (x - mean) * of_input + constant, one number of each per channel.
struct GradientAffine {
  const float* of_gradient = nullptr;
  const float* of_input = nullptr;
  const float* constant = nullptr;
};
void input_gradient(VectorIsa isa, const GradientRows& in, const GradientAffine& affine, float* dx);

// Max pooling, windows 3x3, stride 2, padding 1, of relu(z).
struct PoolRows {
  ChannelAffine affine;
  std::int64_t height = 0, width = 0, channels = 0;  // of the input
  std::int64_t out_height() const { return (height - 1) / 2 + 1; }
  std::int64_t out_width() const { return (width - 1) / 2 + 1; }
};
inline constexpr std::uint8_t kNoWinner = 9;

// Output row `row` of one picture x [height, width, channels]: y and the position 0..8 of the
// largest number in its window (the first of equal ones), kNoWinner where none is above 0. `winner`
// may be null. Both point to the row.
void pool_row(VectorIsa isa, const PoolRows& pool, const float* x, std::int64_t row, float* y,
              std::uint8_t* winner);

// For input row `row` of one picture, with dy and winner of the whole picture: sums as
// gradient_sums makes them (any width), and the gradient of the input as input_gradient does.
// `x` and `dx` point to the row.
void pool_gradient_sums(VectorIsa isa, const PoolRows& pool, const float* x, const float* dy,
                        const std::uint8_t* winner, std::int64_t row, float* sum, float* product);
void pool_input_gradient(VectorIsa isa, const PoolRows& pool, const GradientAffine& affine,
                         const float* x, const float* dy, const std::uint8_t* winner,
                         std::int64_t row, float* dx);

}  // namespace ersatz::compute
