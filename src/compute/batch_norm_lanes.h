// The loops of compute/batch_norm_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h).
#include "compute/float_lanes.h"

using Bytes = std::uint8_t __attribute__((vector_size(kLanes)));

inline Floats affine_at(const ChannelAffine& affine, const Floats& x, std::int64_t c) {
  return (x - load(affine.mean + c)) * load(affine.scale + c) + load(affine.shift + c);
}

inline Floats cut_off(const Floats& x) { return x < 0.0F ? Floats{} : x; }

template <bool add, bool relu>
inline void affine_rows_of(const ChannelAffine& affine, const float* x, const float* residual,
                           std::int64_t rows, std::int64_t channels, float* y) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Floats z = affine_at(affine, load(x + c), c);
      if constexpr (add) z += load(residual + c);
      if constexpr (relu) z = cut_off(z);
      store(y + c, z);
    }
    x += channels;
    y += channels;
    if constexpr (add) residual += channels;
  }
}

inline void affine_rows(const ChannelAffine& affine, const float* x, const float* residual,
                        bool relu, std::int64_t rows, std::int64_t channels, float* y) {
  if (residual != nullptr) {
    if (relu) return affine_rows_of<true, true>(affine, x, residual, rows, channels, y);
    return affine_rows_of<true, false>(affine, x, residual, rows, channels, y);
  }
  if (relu) return affine_rows_of<false, true>(affine, x, residual, rows, channels, y);
  return affine_rows_of<false, false>(affine, x, residual, rows, channels, y);
}

// The gradient behind the ReLU, of row offset `at` and channel c; x is the input there.
template <ReluMask mask>
inline Floats masked_gradient(const GradientRows& in, std::int64_t at, std::int64_t c,
                              const Floats& x) {
  const Floats g = load(in.dy + at);
  if constexpr (mask == ReluMask::kAffine) {
    return affine_at(in.affine, x, c) > 0.0F ? g : Floats{};
  } else if constexpr (mask == ReluMask::kOutput) {
    return load(in.y + at) > 0.0F ? g : Floats{};
  }
  return g;
}

// `vectors` vectors of channels from c on, all rows. Sums of a few rows are added to the total, not
// single rows, to keep rounding errors small.
template <ReluMask mask, bool keep, int vectors>
inline void gradient_sums_of(const GradientRows& in, std::int64_t c, float* sum, float* product,
                             float* masked) {
  constexpr std::int64_t kRowsOfSum = 32;
  Floats total[vectors], products[vectors];
  for (int v = 0; v < vectors; ++v) total[v] = products[v] = Floats{};
  for (std::int64_t first = 0; first < in.rows; first += kRowsOfSum) {
    const std::int64_t last = first + kRowsOfSum < in.rows ? first + kRowsOfSum : in.rows;
    Floats s[vectors], q[vectors];
    for (int v = 0; v < vectors; ++v) s[v] = q[v] = Floats{};
    for (std::int64_t r = first; r < last; ++r) {
      for (int v = 0; v < vectors; ++v) {
        const std::int64_t channel = c + v * kLanes, at = r * in.channels + channel;
        const Floats x = load(in.x + at);
        const Floats g = masked_gradient<mask>(in, at, channel, x);
        if constexpr (keep) store(masked + at, g);
        s[v] += g;
        q[v] = g * (x - load(in.affine.mean + channel)) + q[v];
      }
    }
    for (int v = 0; v < vectors; ++v) {
      total[v] += s[v];
      products[v] += q[v];
    }
  }
  for (int v = 0; v < vectors; ++v) {
    store(sum + c + v * kLanes, total[v]);
    store(product + c + v * kLanes, products[v]);
  }
}

template <ReluMask mask, bool keep>
inline void gradient_sums_all(const GradientRows& in, float* sum, float* product, float* masked) {
  std::int64_t c = 0;
  for (; c + 4 * kLanes <= in.channels; c += 4 * kLanes) {
    gradient_sums_of<mask, keep, 4>(in, c, sum, product, masked);
  }
  for (; c < in.channels; c += kLanes) {
    gradient_sums_of<mask, keep, 1>(in, c, sum, product, masked);
  }
}

template <ReluMask mask>
inline void gradient_sums_masked(const GradientRows& in, float* sum, float* product,
                                 float* masked) {
  if (masked != nullptr) return gradient_sums_all<mask, true>(in, sum, product, masked);
  gradient_sums_all<mask, false>(in, sum, product, masked);
}

inline void gradient_sums(const GradientRows& in, float* sum, float* product, float* masked) {
  switch (in.mask) {
    case ReluMask::kNone:
      return gradient_sums_masked<ReluMask::kNone>(in, sum, product, masked);
    case ReluMask::kAffine:
      return gradient_sums_masked<ReluMask::kAffine>(in, sum, product, masked);
    case ReluMask::kOutput:
      return gradient_sums_masked<ReluMask::kOutput>(in, sum, product, masked);
  }
}

inline Floats gradient_of_input(const ChannelAffine& forward, const GradientAffine& affine,
                                const Floats& g, const Floats& x, std::int64_t c) {
  const Floats centred = x - load(forward.mean + c);
  return g * load(affine.of_gradient + c) +
         (centred * load(affine.of_input + c) + load(affine.constant + c));
}

template <ReluMask mask>
inline void input_gradient_masked(const GradientRows& in, const GradientAffine& affine, float* dx) {
  for (std::int64_t r = 0; r < in.rows; ++r) {
    for (std::int64_t c = 0; c < in.channels; c += kLanes) {
      const std::int64_t at = r * in.channels + c;
      const Floats x = load(in.x + at), g = masked_gradient<mask>(in, at, c, x);
      store(dx + at, gradient_of_input(in.affine, affine, g, x, c));
    }
  }
}

inline void input_gradient(const GradientRows& in, const GradientAffine& affine, float* dx) {
  switch (in.mask) {
    case ReluMask::kNone:
      return input_gradient_masked<ReluMask::kNone>(in, affine, dx);
    case ReluMask::kAffine:
      return input_gradient_masked<ReluMask::kAffine>(in, affine, dx);
    case ReluMask::kOutput:
      return input_gradient_masked<ReluMask::kOutput>(in, affine, dx);
  }
}

inline void pool_row(const PoolRows& pool, const float* x, std::int64_t row, float* y,
                     std::uint8_t* winner) {
  const std::int64_t channels = pool.channels, columns = pool.out_width();
  for (std::int64_t column = 0; column < columns; ++column) {
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Floats best = fill(-__builtin_inff());
      Integers position = {};
      for (int k = 0; k < 9; ++k) {
        const std::int64_t v = 2 * row - 1 + k / 3, h = 2 * column - 1 + k % 3;
        if (v < 0 || v >= pool.height || h < 0 || h >= pool.width) continue;
        const Floats z = affine_at(pool.affine, load(x + (v * pool.width + h) * channels + c), c);
        const Integers wins = (z > best) | (z != z);
        best = wins ? z : best;
        position = wins ? Integers{} + k : position;
      }
      const std::int64_t at = column * channels + c;
      const Integers dead = best <= 0.0F;
      store(y + at, dead ? Floats{} : best);
      if (winner != nullptr) {
        const Integers which = dead ? Integers{} + kNoWinner : position;
        const Bytes narrow = __builtin_convertvector(which, Bytes);
        std::memcpy(winner + at, &narrow, sizeof narrow);
      }
    }
  }
}

// The windows along one direction that hold a number: (output, position in the window).
struct WindowsOf {
  std::int64_t output[2] = {0, 0};
  int position[2] = {0, 0};
  int count = 0;

  WindowsOf(std::int64_t input, std::int64_t outputs) {
    if (input % 2 == 0) {
      add(input / 2, 1);
    } else {
      add((input - 1) / 2, 2);
      if ((input + 1) / 2 < outputs) add((input + 1) / 2, 0);
    }
  }
  void add(std::int64_t o, int p) {
    output[count] = o;
    position[count] = p;
    ++count;
  }
};

// Calls visit(column, c, g) with the gradients of relu(z) for all numbers of one input row.
template <typename Visit>
inline void for_pool_gradients(const PoolRows& pool, const float* dy, const std::uint8_t* winner,
                               std::int64_t row, const Visit& visit) {
  const std::int64_t channels = pool.channels;
  const WindowsOf rows(row, pool.out_height());
  for (std::int64_t column = 0; column < pool.width; ++column) {
    const WindowsOf columns(column, pool.out_width());
    std::int64_t at[4];
    int position[4];
    int windows = 0;
    for (int i = 0; i < rows.count; ++i) {
      for (int j = 0; j < columns.count; ++j) {
        at[windows] = (rows.output[i] * pool.out_width() + columns.output[j]) * channels;
        position[windows++] = rows.position[i] * 3 + columns.position[j];
      }
    }
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Floats g = {};
      for (int w = 0; w < windows; ++w) {
        Bytes narrow;
        std::memcpy(&narrow, winner + at[w] + c, sizeof narrow);
        const Integers which = __builtin_convertvector(narrow, Integers);
        g += which == position[w] ? load(dy + at[w] + c) : Floats{};
      }
      visit(column, c, g);
    }
  }
}

inline void pool_gradient_sums(const PoolRows& pool, const float* x, const float* dy,
                               const std::uint8_t* winner, std::int64_t row, float* sum,
                               float* product) {
  std::memset(sum, 0, static_cast<std::size_t>(pool.channels) * sizeof(float));
  std::memset(product, 0, static_cast<std::size_t>(pool.channels) * sizeof(float));
  for_pool_gradients(pool, dy, winner, row, [&](std::int64_t column, std::int64_t c, Floats g) {
    const Floats centred = load(x + column * pool.channels + c) - load(pool.affine.mean + c);
    store(sum + c, load(sum + c) + g);
    store(product + c, g * centred + load(product + c));
  });
}

inline void pool_input_gradient(const PoolRows& pool, const GradientAffine& affine, const float* x,
                                const float* dy, const std::uint8_t* winner, std::int64_t row,
                                float* dx) {
  for_pool_gradients(pool, dy, winner, row, [&](std::int64_t column, std::int64_t c, Floats g) {
    const std::int64_t at = column * pool.channels + c;
    store(dx + at, gradient_of_input(pool.affine, affine, g, load(x + at), c));
  });
}
