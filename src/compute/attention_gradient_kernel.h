// The gradient of attention (compute/attention_kernel.h) on plain memory, without the
// probabilities of a whole head ever being stored: they are made again, block by block, from the
// scores and the sums that the forward pass kept (Dao et al. 2022, Algorithm 4).
#pragma once

#include <cstdint>

#include "compute/attention_kernel.h"
#include "compute/vector_isa.h"

namespace ersatz::compute {

struct AttentionGradient {
  AttentionShape shape;  // of the forward pass; `out` and its gradient have the same strides
  const float* q = nullptr;
  const float* k = nullptr;
  const float* v = nullptr;
  const float* out = nullptr;
  const float* out_gradient = nullptr;
  const float* log_sums = nullptr;  // [batch, heads, queries] as attention_forward leaves them
  // Written: dense [batch, queries, heads * width], [batch, keys, heads * width] and
  // [batch, keys, heads * value_width].
  float* q_gradient = nullptr;
  float* k_gradient = nullptr;
  float* v_gradient = nullptr;
};

// The work divides into this many independent tasks: one for each head of each batch element.
std::int64_t attention_gradient_tasks(const AttentionShape& shape);

// Floats of scratch memory, aligned to 64 bytes, for one call: grows with queries plus keys.
std::int64_t attention_gradient_workspace(const AttentionShape& shape);

// Computes tasks [first, last). The result does not depend on how tasks are split.
void attention_backward(VectorIsa isa, const AttentionGradient& gradient, std::int64_t first,
                        std::int64_t last, float* workspace);

}  // namespace ersatz::compute
