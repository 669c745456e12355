// Attention on plain memory: softmax(q k^T * scale) v without storing the probabilities.
//
// Queries lie along the vector lanes. A block of 64 queries keeps its transposed output, and walks
// over the keys in blocks: scores of 48 keys, running maximum, exponentials, product with the
// values (Milakov & Gimelshein 2018; Dao et al. 2022, Algorithm 1). Keys and values are read in
// place, one number at a time into all lanes, so no head width is padded.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

struct AttentionShape {
  std::int64_t batch = 0, heads = 0, queries = 0, keys = 0;
  std::int64_t width = 0, value_width = 0;  // of one head
  // Floats from one batch or row to the next; heads lie side by side in a row.
  std::int64_t q_batch = 0, q_row = 0, k_batch = 0, k_row = 0;
  std::int64_t v_batch = 0, v_row = 0, out_batch = 0, out_row = 0;
  float scale = 1;
  bool causal = false;  // query i sees keys 0..i
};

// The work divides into this many independent tasks.
std::int64_t attention_tasks(const AttentionShape& shape);

// Floats of scratch memory, aligned to 64 bytes, that one call of attention_forward needs.
std::int64_t attention_workspace(const AttentionShape& shape);

// Computes tasks [first, last). The result does not depend on how tasks are split. Error of the
// weights about 2e-7; a NaN or infinity in a score makes its whole output row NaN. `log_sums`
// [batch, heads, queries], unless null, gets log2(sum of exp(scores)) of each query, from which the
// gradient makes the weights again.
void attention_forward(VectorIsa isa, const AttentionShape& shape, const float* q, const float* k,
                       const float* v, float* out, std::int64_t first, std::int64_t last,
                       float* workspace, float* log_sums = nullptr);

}  // namespace ersatz::compute
