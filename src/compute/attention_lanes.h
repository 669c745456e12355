// The loops of compute/attention_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h).
#include "compute/float_lanes.h"
#include "compute/math_lanes.h"

// A register tile is kRows rows of up to kColumns vectors of queries.
constexpr int kRows = 6;
constexpr int kColumns = kLanes == 16 ? 4 : 2;
constexpr int kBlock = static_cast<int>(kQueryBlock);

// All matrices with queries along the lanes have rows of kBlock floats.
struct QueryBlock {
  float* query;       // [width, kBlock], times scale * log2(e)
  float* score;       // [kKeyBlock, kBlock], then the weights
  float* output;      // [value_width, kBlock]
  float* largest;     // [kBlock] running maximum of the scores
  float* correction;  // [kBlock] what earlier sums must be multiplied with
  float* sum;         // [kBlock] of the weights
  int lanes;          // queries in use, rounded up to whole vectors
};

// score[r] = sum over d of key[r][d] * query[d] for `rows` keys and `columns` vectors of queries.
template <int rows, int columns>
inline void score_tile(const float* query, const float* key, std::int64_t key_row,
                       std::int64_t width, float* score) {
  Floats sum[rows][columns];
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) sum[r][c] = Floats{};
  }
#pragma GCC unroll 4
  for (std::int64_t d = 0; d < width; ++d) {
    Floats q[columns];
    for (int c = 0; c < columns; ++c) q[c] = load(query + d * kBlock + c * kLanes);
    for (int r = 0; r < rows; ++r) {
      const Floats k = fill(key[r * key_row + d]);
      for (int c = 0; c < columns; ++c) sum[r][c] = k * q[c] + sum[r][c];
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) store(score + r * kBlock + c * kLanes, sum[r][c]);
  }
}

// output[r] = output[r] * correction + sum over keys of weight[key] * value[key][r].
template <int rows, int columns>
inline void value_tile(const float* weight, const float* value, std::int64_t value_row,
                       std::int64_t keys, const float* correction, float* output) {
  Floats sum[rows][columns];
  for (int c = 0; c < columns; ++c) {
    const Floats factor = load(correction + c * kLanes);
    for (int r = 0; r < rows; ++r) sum[r][c] = load(output + r * kBlock + c * kLanes) * factor;
  }
#pragma GCC unroll 4
  for (std::int64_t j = 0; j < keys; ++j) {
    Floats w[columns];
    for (int c = 0; c < columns; ++c) w[c] = load(weight + j * kBlock + c * kLanes);
    for (int r = 0; r < rows; ++r) {
      const Floats v = fill(value[j * value_row + r]);
      for (int c = 0; c < columns; ++c) sum[r][c] = v * w[c] + sum[r][c];
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) store(output + r * kBlock + c * kLanes, sum[r][c]);
  }
}

// Splits `total` rows into tiles of at most kRows rows of nearly equal height.
inline std::int64_t tile_count(std::int64_t total) { return (total + kRows - 1) / kRows; }
inline std::int64_t tile_begin(std::int64_t total, std::int64_t tile) {
  return total * tile / tile_count(total);
}

template <int columns>
inline void score_rows(std::int64_t rows, const float* query, const float* key,
                       std::int64_t key_row, std::int64_t width, float* score) {
  switch (rows) {
    case 6:
      return score_tile<6, columns>(query, key, key_row, width, score);
    case 5:
      return score_tile<5, columns>(query, key, key_row, width, score);
    case 4:
      return score_tile<4, columns>(query, key, key_row, width, score);
    case 3:
      return score_tile<3, columns>(query, key, key_row, width, score);
    case 2:
      return score_tile<2, columns>(query, key, key_row, width, score);
    default:
      return score_tile<1, columns>(query, key, key_row, width, score);
  }
}

template <int columns>
inline void value_rows(std::int64_t rows, const float* weight, const float* value,
                       std::int64_t value_row, std::int64_t keys, const float* correction,
                       float* output) {
  switch (rows) {
    case 6:
      return value_tile<6, columns>(weight, value, value_row, keys, correction, output);
    case 5:
      return value_tile<5, columns>(weight, value, value_row, keys, correction, output);
    case 4:
      return value_tile<4, columns>(weight, value, value_row, keys, correction, output);
    case 3:
      return value_tile<3, columns>(weight, value, value_row, keys, correction, output);
    case 2:
      return value_tile<2, columns>(weight, value, value_row, keys, correction, output);
    default:
      return value_tile<1, columns>(weight, value, value_row, keys, correction, output);
  }
}

// Calls visit(lane, columns) for groups of kColumns vectors, then for single ones.
template <typename Wide, typename Narrow>
inline void for_lanes(int lanes, const Wide& wide, const Narrow& narrow) {
  int lane = 0;
  for (; lane + kColumns * kLanes <= lanes; lane += kColumns * kLanes) wide(lane);
  for (; lane < lanes; lane += kLanes) narrow(lane);
}

inline void prefetch_row(const float* row, std::int64_t width) {
  for (std::int64_t d = 0; d < width; d += 16) __builtin_prefetch(row + d);
}

// Hides from each query the keys after it: key `first_key + j` from query `first_query + lane`.
inline void mask_later_keys(const QueryBlock& block, std::int64_t first_query,
                            std::int64_t first_key, std::int64_t keys) {
  for (std::int64_t j = 0; j < keys; ++j) {
    std::int64_t hidden = first_key + j - first_query;
    hidden = hidden < 0 ? 0 : hidden < block.lanes ? hidden : block.lanes;
    for (std::int64_t lane = 0; lane < hidden; ++lane) {
      block.score[j * kBlock + lane] = -__builtin_inff();
    }
  }
}

// Scores to weights 2^(score - maximum); running maximum, correction and sum of one vector.
inline void soften(const QueryBlock& block, int lane, std::int64_t keys) {
  float* score = block.score + lane;
  const Floats before = load(block.largest + lane);
  Floats largest = before;
  for (std::int64_t j = 0; j < keys; ++j) largest = maximum(largest, load(score + j * kBlock));
  const Floats correction = exp2_lanes(before - largest);
  Floats even = {}, odd = {};
  std::int64_t j = 0;
  for (; j + 2 <= keys; j += 2) {
    const Floats a = exp2_lanes(load(score + j * kBlock) - largest);
    const Floats b = exp2_lanes(load(score + (j + 1) * kBlock) - largest);
    store(score + j * kBlock, a);
    store(score + (j + 1) * kBlock, b);
    even += a;
    odd += b;
  }
  if (j < keys) {
    const Floats a = exp2_lanes(load(score + j * kBlock) - largest);
    store(score + j * kBlock, a);
    even += a;
  }
  store(block.largest + lane, largest);
  store(block.correction + lane, correction);
  store(block.sum + lane, load(block.sum + lane) * correction + (even + odd));
}

inline void start_block(const AttentionShape& shape, const float* q, std::int64_t queries,
                        const QueryBlock& block) {
  const float factor = shape.scale * kLog2E;
  for (std::int64_t d = 0; d < shape.width; ++d) {
    float* row = block.query + d * kBlock;
    for (std::int64_t i = 0; i < queries; ++i) row[i] = q[i * shape.q_row + d] * factor;
    for (std::int64_t i = queries; i < block.lanes; ++i) row[i] = 0;
  }
  for (int i = 0; i < kBlock; ++i) {
    block.largest[i] = -__builtin_inff();
    block.sum[i] = 0;
  }
  std::memset(block.output, 0,
              static_cast<std::size_t>(shape.value_width * kBlock) * sizeof(float));
}

inline void finish_block(const AttentionShape& shape, std::int64_t queries, const QueryBlock& block,
                         float* out, float* log_sums) {
  if (log_sums != nullptr) {
    for (std::int64_t i = 0; i < queries; ++i) {
      log_sums[i] = block.largest[i] + __builtin_log2f(block.sum[i]);
    }
  }
  for (std::int64_t i = 0; i < queries; ++i) block.correction[i] = 1.0F / block.sum[i];
  for (std::int64_t i = 0; i < queries; ++i) {
    float* row = out + i * shape.out_row;
    for (std::int64_t d = 0; d < shape.value_width; ++d) {
      row[d] = block.output[d * kBlock + i] * block.correction[i];
    }
  }
}

// One block of keys [first, first + keys), all pointers at its first row. `ahead` is the distance
// in rows to the rows to prefetch, 0 for none.
inline void key_block(const AttentionShape& shape, const QueryBlock& block, const float* k,
                      const float* v, std::int64_t first_query, std::int64_t first,
                      std::int64_t keys, std::int64_t ahead) {
  const std::int64_t score_tiles = tile_count(keys);
  for (std::int64_t tile = 0; tile < score_tiles; ++tile) {
    const std::int64_t begin = tile_begin(keys, tile), end = tile_begin(keys, tile + 1);
    if (ahead > 0) {
      for (std::int64_t j = begin; j < end; ++j) {
        prefetch_row(k + (ahead + j) * shape.k_row, shape.width);
        prefetch_row(v + (ahead + j) * shape.v_row, shape.value_width);
      }
    }
    const float* key = k + begin * shape.k_row;
    float* score = block.score + begin * kBlock;
    for_lanes(
        block.lanes,
        [&](int lane) {
          score_rows<kColumns>(end - begin, block.query + lane, key, shape.k_row, shape.width,
                               score + lane);
        },
        [&](int lane) {
          score_rows<1>(end - begin, block.query + lane, key, shape.k_row, shape.width,
                        score + lane);
        });
  }
  if (shape.causal && first + keys > first_query) mask_later_keys(block, first_query, first, keys);
  for (int lane = 0; lane < block.lanes; lane += kLanes) soften(block, lane, keys);
  const std::int64_t value_tiles = tile_count(shape.value_width);
  for (std::int64_t tile = 0; tile < value_tiles; ++tile) {
    const std::int64_t begin = tile_begin(shape.value_width, tile);
    const std::int64_t rows = tile_begin(shape.value_width, tile + 1) - begin;
    float* output = block.output + begin * kBlock;
    for_lanes(
        block.lanes,
        [&](int lane) {
          value_rows<kColumns>(rows, block.score + lane, v + begin, shape.v_row, keys,
                               block.correction + lane, output + lane);
        },
        [&](int lane) {
          value_rows<1>(rows, block.score + lane, v + begin, shape.v_row, keys,
                        block.correction + lane, output + lane);
        });
  }
}

inline void attention_forward(const AttentionShape& shape, const float* q, const float* k,
                              const float* v, float* out, std::int64_t first, std::int64_t last,
                              float* workspace, float* log_sums) {
  QueryBlock block{};
  block.score = workspace;
  block.largest = block.score + kKeyBlock * kBlock;
  block.correction = block.largest + kBlock;
  block.sum = block.correction + kBlock;
  block.query = block.sum + kBlock;
  block.output = block.query + shape.width * kBlock;
  const std::int64_t blocks = (shape.queries + kBlock - 1) / kBlock;
  for (std::int64_t task = first; task < last; ++task) {
    const std::int64_t b = task / blocks / shape.heads, h = task / blocks % shape.heads;
    const std::int64_t first_query = task % blocks * kBlock;
    const std::int64_t left = shape.queries - first_query;
    const std::int64_t queries = left < kBlock ? left : kBlock;
    block.lanes = static_cast<int>((queries + kLanes - 1) / kLanes * kLanes);
    start_block(shape, q + b * shape.q_batch + first_query * shape.q_row + h * shape.width, queries,
                block);
    const float* key = k + b * shape.k_batch + h * shape.width;
    const float* value = v + b * shape.v_batch + h * shape.value_width;
    const std::int64_t seen = first_query + queries;
    const std::int64_t keys = shape.causal && seen < shape.keys ? seen : shape.keys;
    for (std::int64_t j = 0; j < keys; j += kKeyBlock) {
      const std::int64_t count = keys - j < kKeyBlock ? keys - j : kKeyBlock;
      const std::int64_t ahead = j + 2 * kKeyBlock <= keys ? kKeyBlock : 0;
      key_block(shape, block, key + j * shape.k_row, value + j * shape.v_row, first_query, j, count,
                ahead);
    }
    finish_block(shape, queries, block,
                 out + b * shape.out_batch + first_query * shape.out_row + h * shape.value_width,
                 log_sums == nullptr
                     ? nullptr
                     : log_sums + (b * shape.heads + h) * shape.queries + first_query);
  }
}
