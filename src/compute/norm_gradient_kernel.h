// The loops behind the gradient of group normalisation (compute/group_norm.h), on plain memory.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

// Rows of pixels of one image, with what was computed from them:
// z = (x - mean[c]) * scale[c] + shift[c], y = silu ? z * sigmoid(z) : z.
struct NormGradientRows {
  const float* x;         // [rows, channels]
  const float* gradient;  // of the loss with respect to y, [rows, channels]
  std::int64_t rows, channels;
  const float* mean;
  const float* scale;
  const float* shift;
  bool silu;
};

// Per channel, with g the gradient with respect to z: the sums over at most kMomentRows rows of g
// and of g * (x - mean[c]).
void norm_gradient_sums(VectorIsa isa, const NormGradientRows& rows, float* sum, float* product);

// result = g * scale[c] - offset[c] - (x - mean[c]) * slope[c], [rows, channels].
void norm_gradient(VectorIsa isa, const NormGradientRows& rows, const float* offset,
                   const float* slope, float* result);

}  // namespace ersatz::compute
