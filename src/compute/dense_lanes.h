// The loops of compute/dense_kernel.cpp, compiled once per instruction set (compute/vector_isa.h).
#include "compute/float_lanes.h"
#include "compute/transpose_lanes.h"

// A register tile is kRows rows of kColumns vectors of outputs.
constexpr int kRows = 6;
constexpr int kColumns = kLanes == 16 ? 4 : 2;

// kLanes stored numbers as floats, the first `count` of them where count < kLanes.
template <WeightType type>
inline Floats load_weights(const void* data, std::int64_t at, std::int64_t count) {
  if constexpr (type == WeightType::kFloat32) {
    const float* from = static_cast<const float*>(data) + at;
    return count >= kLanes ? load(from) : load_some(from, count);
  } else {
    using Halves = std::uint16_t __attribute__((vector_size(kLanes * sizeof(std::uint16_t))));
    const std::uint16_t* from = static_cast<const std::uint16_t*>(data) + at;
    Halves stored = {};
    if (count >= kLanes) {
      std::memcpy(&stored, from, sizeof stored);
    } else {
      std::memcpy(&stored, from, static_cast<std::size_t>(count) * sizeof *from);
    }
    const Integers word = __builtin_convertvector(stored, Integers);
    if constexpr (type == WeightType::kBfloat16) return reinterpret_cast<Floats>(word << 16);
    // float16: the exponent moves to its place, and a product with 2^112 corrects its bias, for
    // subnormal numbers too. Infinity and NaN keep the largest exponent.
    const Integers magnitude = (word & 0x7fff) << 13;
    const Floats scaled = reinterpret_cast<Floats>(magnitude) * 0x1p112F;
    const Integers special = magnitude >= 0x0f800000;
    const Integers bits = (special ? magnitude | 0x7f800000 : reinterpret_cast<Integers>(scaled)) |
                          ((word & 0x8000) << 16);
    return reinterpret_cast<Floats>(bits);
  }
}

// Weights of `outputs` outputs from `output` on, inputs [first, first + inputs), as
// packed[(tap * inputs + input) * width + output]; missing outputs are zero.
struct Panel {
  std::int64_t output, outputs, width, first, inputs, taps;
  float* packed;
};

// Weights that are neighbours in memory: for one output `runs` times `length` numbers, the first at
// `offset`, `step` apart.
struct Runs {
  std::int64_t runs, length, offset, step;
};

inline Runs runs_of(const DenseWeights& weights, const Panel& panel) {
  if (weights.tap_stride == 1 && weights.input_stride == panel.taps) {  // [outputs, inputs, taps]
    return {1, panel.inputs * panel.taps, panel.first * panel.taps, 0};
  }
  return {panel.taps, panel.inputs, panel.first, weights.tap_stride};  // [outputs, taps, inputs]
}

// One run for kLanes outputs. place(n) is the row of its n-th number in the panel.
template <WeightType type, typename Place>
inline void pack_run(const DenseWeights& weights, const Panel& panel, std::int64_t lane,
                     std::int64_t offset, std::int64_t count, const Place& place) {
  const std::int64_t present = panel.outputs - lane;
  for (std::int64_t n = 0; n < count; n += kLanes) {
    Floats row[kLanes];
    for (int o = 0; o < kLanes; ++o) {
      const std::int64_t at = (panel.output + lane + o) * weights.output_stride + offset + n;
      row[o] = o < present ? load_weights<type>(weights.data, at, count - n) : Floats{};
    }
    transpose_lanes(row);
    const int used = static_cast<int>(count - n < kLanes ? count - n : kLanes);
    for (int e = 0; e < kLanes; ++e) {
      if (e < used) store(panel.packed + place(n + e) * panel.width + lane, row[e]);
    }
  }
}

template <WeightType type>
inline void pack_panel(const DenseWeights& weights, const Panel& panel) {
  const Runs runs = runs_of(weights, panel);
  for (std::int64_t lane = 0; lane < panel.width; lane += kLanes) {
    if (runs.runs == 1) {
      std::int64_t tap = 0, input = 0;
      pack_run<type>(weights, panel, lane, runs.offset, runs.length, [&](std::int64_t) {
        const std::int64_t row = tap * panel.inputs + input;
        if (++tap == panel.taps) {
          tap = 0;
          ++input;
        }
        return row;
      });
    } else {
      for (std::int64_t tap = 0; tap < panel.taps; ++tap) {
        pack_run<type>(weights, panel, lane, runs.offset + tap * runs.step, runs.length,
                       [&](std::int64_t n) { return tap * panel.inputs + n; });
      }
    }
  }
}

constexpr std::int64_t kLineBytes = 64;

// Towards the second-level cache.
inline void prefetch_bytes(const char* from, std::int64_t bytes) {
  for (std::int64_t i = 0; i < bytes; i += kLineBytes) __builtin_prefetch(from + i, 0, 2);
}

// The weights of outputs [begin, end) of a panel that will be packed later: their runs are too
// short for the processor to foresee them.
inline void prefetch_weights(const DenseWeights& weights, const Panel& panel, std::int64_t begin,
                             std::int64_t end) {
  const Runs runs = runs_of(weights, panel);
  const std::int64_t size = weights.type == WeightType::kFloat32 ? 4 : 2;
  for (std::int64_t o = begin; o < end && o < panel.outputs; ++o) {
    for (std::int64_t r = 0; r < runs.runs; ++r) {
      const std::int64_t at =
          (panel.output + o) * weights.output_stride + runs.offset + r * runs.step;
      prefetch_bytes(static_cast<const char*>(weights.data) + at * size, runs.length * size);
    }
  }
}

// One tile of the product over the inputs of a panel. All pointers of its first row.
struct Tile {
  const float* const* sources;   // tap 0
  std::int64_t tap_step;         // pointers from one tap to the next
  const float* const* bias;      // null after the first inputs, or when absent
  bool start;                    // the first inputs: `out` holds nothing yet
  const float* const* residual;  // null before the last inputs, or when absent
  float* const* out;
  std::int64_t column;  // of the panel's first output in residual and out
  std::int64_t valid;   // outputs, only for tiles of one vector
};

template <int columns>
inline Floats load_outputs(const float* from, int column, std::int64_t valid) {
  if constexpr (columns == 1) return valid < kLanes ? load_some(from, valid) : load(from);
  return load(from + column * kLanes);
}

template <int columns>
inline void store_outputs(float* to, int column, const Floats& x, std::int64_t valid) {
  if constexpr (columns == 1) {
    if (valid < kLanes) return store_some(to, x, valid);
  }
  store(to + column * kLanes, x);
}

// The choices between whole loops, not inside them, leave the sums in registers.
template <int rows, int columns>
inline void dense_tile(const Panel& panel, const Tile& tile) {
  Floats sum[rows][columns];
  if (!tile.start) {
    for (int r = 0; r < rows; ++r) {
      const float* out = tile.out[r] + tile.column;
      for (int c = 0; c < columns; ++c) sum[r][c] = load_outputs<columns>(out, c, tile.valid);
    }
  } else if (tile.bias != nullptr) {
    for (int r = 0; r < rows; ++r) {
      const float* bias = tile.bias[r] + panel.output;
      for (int c = 0; c < columns; ++c) sum[r][c] = load_outputs<columns>(bias, c, tile.valid);
    }
  } else {
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) sum[r][c] = Floats{};
    }
  }
  const float* weight = panel.packed;
  for (std::int64_t tap = 0; tap < panel.taps; ++tap) {
    const float* source[rows];
    for (int r = 0; r < rows; ++r) source[r] = tile.sources[tap * tile.tap_step + r] + panel.first;
#pragma GCC unroll 4
    for (std::int64_t i = 0; i < panel.inputs; ++i) {
      Floats w[columns];
      for (int c = 0; c < columns; ++c) w[c] = load(weight + c * kLanes);
      weight += columns * kLanes;
      for (int r = 0; r < rows; ++r) {
        const Floats x = fill(source[r][i]);
        for (int c = 0; c < columns; ++c) sum[r][c] = x * w[c] + sum[r][c];
      }
    }
  }
  if (tile.residual != nullptr) {
    for (int r = 0; r < rows; ++r) {
      const float* residual = tile.residual[r] + tile.column;
      for (int c = 0; c < columns; ++c) sum[r][c] += load_outputs<columns>(residual, c, tile.valid);
    }
  }
  for (int r = 0; r < rows; ++r) {
    float* out = tile.out[r] + tile.column;
    for (int c = 0; c < columns; ++c) store_outputs<columns>(out, c, sum[r][c], tile.valid);
  }
}

template <int columns>
inline void dense_rows(std::int64_t rows, const Panel& panel, const Tile& tile) {
  switch (rows) {
    case 6:
      return dense_tile<6, columns>(panel, tile);
    case 5:
      return dense_tile<5, columns>(panel, tile);
    case 4:
      return dense_tile<4, columns>(panel, tile);
    case 3:
      return dense_tile<3, columns>(panel, tile);
    case 2:
      return dense_tile<2, columns>(panel, tile);
    default:
      return dense_tile<1, columns>(panel, tile);
  }
}

// All rows of a block with one packed panel. Meanwhile what `next` needs comes nearer: its weights,
// and its inputs of every row where they are others than the panel's.
inline void multiply_panel(const DenseBlock& block, const Panel& panel, const Panel* next) {
  const bool last = panel.first + panel.inputs == block.inputs;
  const bool other_inputs = next != nullptr && next->first != panel.first;
  const float* const* centre = block.sources + block.taps / 2 * block.rows;
  const std::int64_t tiles = (block.rows + kRows - 1) / kRows;
  for (std::int64_t t = 0; t < tiles; ++t) {
    const std::int64_t row = block.rows * t / tiles;
    const std::int64_t rows = block.rows * (t + 1) / tiles - row;
    if (next != nullptr) {
      prefetch_weights(block.weights, *next, next->width * t / tiles,
                       next->width * (t + 1) / tiles);
    }
    if (other_inputs) {
      for (std::int64_t r = row; r < row + rows; ++r) {
        const void* inputs = centre[r] + next->first;
        prefetch_bytes(static_cast<const char*>(inputs), next->inputs * 4);
      }
    }
    Tile tile{};
    tile.sources = block.sources + row;
    tile.tap_step = block.rows;
    tile.bias = block.bias == nullptr ? nullptr : block.bias + row;
    tile.start = panel.first == 0;
    tile.residual = last && block.residual != nullptr ? block.residual + row : nullptr;
    tile.out = block.out + row;
    tile.column = panel.output - block.first_output;
    tile.valid = panel.outputs;
    if (panel.width == kLanes) {
      dense_rows<1>(rows, panel, tile);
    } else if (panel.width == 2 * kLanes) {
      dense_rows<2>(rows, panel, tile);
    } else {
      dense_rows<kColumns>(rows, panel, tile);
    }
  }
}

// The first panel, when `panel` is empty, or the one after it: all outputs of some inputs, then the
// next inputs. False after the last.
inline bool advance(const DenseBlock& block, Panel& panel) {
  const std::int64_t depth = inputs_at_a_time(block.inputs, block.taps);
  if (panel.width == 0) {
    panel.output = block.first_output;
  } else {
    panel.output += panel.width;
    if (panel.output >= block.last_output) {
      panel.output = block.first_output;
      panel.first += panel.inputs;
    }
  }
  const std::int64_t inputs = block.inputs - panel.first;
  if (inputs <= 0) return false;
  panel.inputs = inputs < depth ? inputs : depth;
  const std::int64_t left = block.last_output - panel.output;
  panel.width = kLanes;
  if (left >= 2 * kLanes) panel.width = 2 * kLanes;
  if (left >= kColumns * kLanes) panel.width = kColumns * kLanes;
  panel.outputs = left < panel.width ? left : panel.width;
  return true;
}

inline void dense_forward(const DenseBlock& block, float* workspace) {
  Panel panel{};
  panel.taps = block.taps;
  panel.packed = workspace;
  bool more = advance(block, panel);
  while (more) {
    Panel next = panel;
    more = advance(block, next);
    switch (block.weights.type) {
      case WeightType::kFloat32:
        pack_panel<WeightType::kFloat32>(block.weights, panel);
        break;
      case WeightType::kFloat16:
        pack_panel<WeightType::kFloat16>(block.weights, panel);
        break;
      case WeightType::kBfloat16:
        pack_panel<WeightType::kBfloat16>(block.weights, panel);
        break;
    }
    multiply_panel(block, panel, more ? &next : nullptr);
    panel = next;
  }
}
