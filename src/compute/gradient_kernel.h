// The loops behind the gradients of compute/fused_layers.h, on plain memory.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

// Group normalisation of one picture, per channel: y = act((x - mean) * scale * weight + bias) with
// act = SiLU or nothing. `scale` is 1 / sqrt(variance + epsilon).
struct NormalisedChannels {
  std::int64_t channels = 0;
  const float* mean = nullptr;
  const float* scale = nullptr;
  const float* weight = nullptr;
  const float* bias = nullptr;
  bool silu = false;
};

// x, dy [rows, channels]. Writes to `dz` what dy becomes before the activation, and adds to `sum`
// and `product` [channels] the sums over the rows of dz and of dz * (x - mean) * scale. Few rows at
// a time (kMomentRows) keep single precision accurate.
void normalised_gradient_sums(VectorIsa isa, const NormalisedChannels& layer, const float* x,
                              const float* dy, std::int64_t rows, float* dz, float* sum,
                              float* product);

// dx = dz * scale[c] * weight[c] + (x - mean[c]) * slope[c] + shift[c]; dx may be dz.
void normalised_gradient(VectorIsa isa, const NormalisedChannels& layer, const float* x,
                         const float* dz, const float* slope, const float* shift, std::int64_t rows,
                         float* dx);

// x [rows, 2 width], dy [rows, width] -> dx [rows, 2 width], for y = x[:, :width] *
// gelu(x[:, width:]).
void geglu_gradient(VectorIsa isa, const float* x, const float* dy, float* dx, std::int64_t rows,
                    std::int64_t width);

// dx = dy * d/dx (x * sigmoid(slope * x)).
void sigmoid_product_gradient(VectorIsa isa, const float* x, const float* dy, float* dx,
                              std::int64_t count, float slope);

}  // namespace ersatz::compute
