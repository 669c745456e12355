// Matrix product of rows that lie anywhere in memory with a weight matrix: the one loop behind
// convolutions and linear layers on the CPU.
//
// out[r][o] = bias[r][o] + sum over taps t and inputs i of source[t][r][i] * weight(o, i, t)
//             + residual[r][o]
//
// For a convolution a row is an output pixel, and source[t][r] points to the input pixel under tap
// t of its window (or to zeros), so nothing is copied together first. Weights are read where they
// are, in the type they are stored in; a cache-sized block of them is brought into the order of the
// vector lanes at a time (Goto & van de Geijn 2008). That costs one pass over the weights per call
// and no memory, and keeps them usable as ordinary tensors.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

enum class WeightType { kFloat32, kFloat16, kBfloat16 };

// Strides count numbers, not bytes.
struct DenseWeights {
  const void* data = nullptr;
  WeightType type = WeightType::kFloat32;
  std::int64_t output_stride = 0, input_stride = 1, tap_stride = 0;
};

// Outputs [first_output, last_output) of some rows. `bias` points to whole rows; `residual` and
// `out` point to where first_output of each row is.
struct DenseBlock {
  std::int64_t rows = 0, taps = 1, inputs = 0;
  std::int64_t first_output = 0, last_output = 0;
  const float* const* sources = nullptr;  // [taps][rows]
  DenseWeights weights;
  const float* const* bias = nullptr;      // [rows] or null
  const float* const* residual = nullptr;  // [rows] or null
  float* const* out = nullptr;             // [rows]
};

// Outputs are best divided between blocks at multiples of this.
inline constexpr std::int64_t kDenseOutputs = 64;

// Floats of scratch memory, aligned to 64 bytes, for one call of dense_forward.
std::int64_t dense_workspace(std::int64_t inputs, std::int64_t taps);

// The result of an output does not depend on how rows and outputs are divided into blocks.
void dense_forward(VectorIsa isa, const DenseBlock& block, float* workspace);

}  // namespace ersatz::compute
