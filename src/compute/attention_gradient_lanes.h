// The loops of compute/attention_gradient_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h).
#include "compute/float_lanes.h"
#include "compute/math_lanes.h"
#include "compute/product_lanes.h"

// The matrices of one head, rows padded with zeros to whole vectors.
struct Head {
  std::int64_t queries, keys, width, value_width;  // as in the shape
  std::int64_t row, value_row;                     // padded widths
  float* query;                                    // [queries, row], times scale * log2(e)
  float* query_sum;      // [queries, row] gradient of the query divided by the scale
  float* out_gradient;   // [queries, value_row]
  float* delta;          // [queries] sum over the head of out * its gradient
  float* key;            // [keys, row]
  float* key_sum;        // [keys, row] gradient of the key times log2(e)
  float* value_sum;      // [keys, value_row] gradient of the value
  float* key_columns;    // [width, kKeyBlock] a block of keys, transposed
  float* value_columns;  // [value_width, kKeyBlock]
  float* weight;         // [kQueryBlock, kKeyBlock] probabilities
  float* slope;          // [kQueryBlock, kKeyBlock] gradient of the scores
};

inline Head head_of(const AttentionShape& shape, float* workspace) {
  Head head{};
  head.queries = shape.queries;
  head.keys = shape.keys;
  head.width = shape.width;
  head.value_width = shape.value_width;
  head.row = padded(shape.width);
  head.value_row = padded(shape.value_width);
  const auto take = [&](std::int64_t floats) {
    float* at = workspace;
    workspace += floats;
    return at;
  };
  head.query = take(head.queries * head.row);
  head.query_sum = take(head.queries * head.row);
  head.out_gradient = take(head.queries * head.value_row);
  head.delta = take(padded(head.queries));
  head.key = take(head.keys * head.row);
  head.key_sum = take(head.keys * head.row);
  head.value_sum = take(head.keys * head.value_row);
  head.key_columns = take(head.width * kKeyBlock);
  head.value_columns = take(head.value_width * kKeyBlock);
  head.weight = take(kQueryBlock * kKeyBlock);
  head.slope = take(kQueryBlock * kKeyBlock);
  return head;
}

inline void copy_rows(const float* from, std::int64_t from_row, std::int64_t rows,
                      std::int64_t width, float factor, float* to, std::int64_t to_row) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t d = 0; d < width; ++d) to[i * to_row + d] = from[i * from_row + d] * factor;
    for (std::int64_t d = width; d < to_row; ++d) to[i * to_row + d] = 0;
  }
}

inline void clear(float* from, std::int64_t count) {
  std::memset(from, 0, static_cast<std::size_t>(count) * sizeof(float));
}

// Keys or values [first, first + count) as columns; the rest of the block is zero.
inline void transpose_block(const float* from, std::int64_t from_row, std::int64_t count,
                            std::int64_t width, float* to) {
  clear(to, width * kKeyBlock);
  for (std::int64_t j = 0; j < count; ++j) {
    for (std::int64_t d = 0; d < width; ++d) to[d * kKeyBlock + j] = from[j * from_row + d];
  }
}

inline void start_head(const AttentionGradient& g, std::int64_t b, std::int64_t h,
                       const Head& head) {
  const AttentionShape& s = g.shape;
  copy_rows(g.q + b * s.q_batch + h * s.width, s.q_row, s.queries, s.width, s.scale * kLog2E,
            head.query, head.row);
  copy_rows(g.k + b * s.k_batch + h * s.width, s.k_row, s.keys, s.width, 1.0F, head.key, head.row);
  const std::int64_t at = b * s.out_batch + h * s.value_width;
  copy_rows(g.out_gradient + at, s.out_row, s.queries, s.value_width, 1.0F, head.out_gradient,
            head.value_row);
  for (std::int64_t i = 0; i < s.queries; ++i) {
    const float* out = g.out + at + i * s.out_row;
    const float* gradient = head.out_gradient + i * head.value_row;
    float sum = 0;
    for (std::int64_t d = 0; d < s.value_width; ++d) sum += out[d] * gradient[d];
    head.delta[i] = sum;
  }
  clear(head.query_sum, head.queries * head.row);
  clear(head.key_sum, head.keys * head.row);
  clear(head.value_sum, head.keys * head.value_row);
}

// Scores to probabilities, and the gradient of the probabilities to that of the scores. Row r is
// query first_query + r, column j is key first_key + j; `visible` columns of a row count.
inline void soften(const Head& head, const float* log_sums, std::int64_t first_query,
                   std::int64_t first_key, std::int64_t queries, std::int64_t keys,
                   std::int64_t columns, bool causal) {
  for (std::int64_t r = 0; r < queries; ++r) {
    const std::int64_t query = first_query + r;
    const std::int64_t seen = causal ? query - first_key + 1 : keys;
    const std::int64_t visible = seen < 0 ? 0 : seen < keys ? seen : keys;
    float* weight = head.weight + r * kKeyBlock;
    float* slope = head.slope + r * kKeyBlock;
    const float log_sum = log_sums[query], delta = head.delta[query];
    std::int64_t j = 0;
    for (; j + kLanes <= visible; j += kLanes) {
      const Floats p = exp2_lanes(minimum(load(weight + j) - log_sum, fill(126.0F)));
      store(weight + j, p);
      store(slope + j, p * (load(slope + j) - delta));
    }
    for (; j < columns; j += kLanes) {
      const std::int64_t count = visible - j < 0 ? 0 : visible - j < kLanes ? visible - j : kLanes;
      const Floats p = exp2_lanes(minimum(load(weight + j) - log_sum, fill(126.0F)));
      const Floats ds = p * (load(slope + j) - delta);
      clear(weight + j, kLanes);
      clear(slope + j, kLanes);
      store_some(weight + j, p, count);
      store_some(slope + j, ds, count);
    }
  }
}

// The share of one block of queries and keys in all three gradients.
inline void gradient_block(const Head& head, const float* log_sums, std::int64_t first_query,
                           std::int64_t first_key, std::int64_t queries, std::int64_t keys,
                           bool causal) {
  const std::int64_t columns = (keys + kLanes - 1) / kLanes * kLanes;
  const float* query = head.query + first_query * head.row;
  const float* gradient = head.out_gradient + first_query * head.value_row;
  multiply<false>(
      {query, head.row, 1, head.key_columns, kKeyBlock, head.width, head.weight, kKeyBlock},
      queries, columns);
  multiply<false>({gradient, head.value_row, 1, head.value_columns, kKeyBlock, head.value_width,
                   head.slope, kKeyBlock},
                  queries, columns);
  soften(head, log_sums, first_query, first_key, queries, keys, columns, causal);
  multiply<true>({head.weight, 1, kKeyBlock, gradient, head.value_row, queries,
                  head.value_sum + first_key * head.value_row, head.value_row},
                 keys, head.value_row);
  multiply<true>({head.slope, kKeyBlock, 1, head.key + first_key * head.row, head.row, keys,
                  head.query_sum + first_query * head.row, head.row},
                 queries, head.row);
  multiply<true>({head.slope, 1, kKeyBlock, query, head.row, queries,
                  head.key_sum + first_key * head.row, head.row},
                 keys, head.row);
}

inline void write_rows(const float* from, std::int64_t from_row, std::int64_t rows,
                       std::int64_t width, float factor, float* to, std::int64_t to_row) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t d = 0; d < width; ++d) to[i * to_row + d] = from[i * from_row + d] * factor;
  }
}

inline void attention_backward(const AttentionGradient& g, std::int64_t first, std::int64_t last,
                               float* workspace) {
  const AttentionShape& s = g.shape;
  const Head head = head_of(s, workspace);
  const std::int64_t key_blocks = (s.keys + kKeyBlock - 1) / kKeyBlock;
  const std::int64_t query_blocks = (s.queries + kQueryBlock - 1) / kQueryBlock;
  for (std::int64_t task = first; task < last; ++task) {
    const std::int64_t b = task / s.heads, h = task % s.heads;
    start_head(g, b, h, head);
    const float* log_sums = g.log_sums + task * s.queries;
    const float* v = g.v + b * s.v_batch + h * s.value_width;
    for (std::int64_t kb = 0; kb < key_blocks; ++kb) {
      const std::int64_t key = s.keys * kb / key_blocks;
      const std::int64_t keys = s.keys * (kb + 1) / key_blocks - key;
      transpose_block(head.key + key * head.row, head.row, keys, s.width, head.key_columns);
      transpose_block(v + key * s.v_row, s.v_row, keys, s.value_width, head.value_columns);
      for (std::int64_t qb = 0; qb < query_blocks; ++qb) {
        const std::int64_t query = s.queries * qb / query_blocks;
        const std::int64_t queries = s.queries * (qb + 1) / query_blocks - query;
        if (s.causal && query + queries <= key) continue;
        gradient_block(head, log_sums, query, key, queries, keys, s.causal);
      }
    }
    constexpr float kLn2 = 0.693147181F;
    write_rows(head.query_sum, head.row, s.queries, s.width, s.scale,
               g.q_gradient + (b * s.queries * s.heads + h) * s.width, s.heads * s.width);
    write_rows(head.key_sum, head.row, s.keys, s.width, kLn2,
               g.k_gradient + (b * s.keys * s.heads + h) * s.width, s.heads * s.width);
    write_rows(head.value_sum, head.value_row, s.keys, s.value_width, 1.0F,
               g.v_gradient + (b * s.keys * s.heads + h) * s.value_width, s.heads * s.value_width);
  }
}
