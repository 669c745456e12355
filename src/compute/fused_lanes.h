// The loops of compute/fused_kernel.cpp, compiled once per instruction set (compute/vector_isa.h).
#include "compute/float_lanes.h"
#include "compute/math_lanes.h"
#include "compute/run_lanes.h"

// x with zeros after the first `count` lanes.
inline Floats first_lanes(const Floats& x, std::int64_t count) {
  if (count == kLanes) return x;
  float lane[kLanes];
  std::memcpy(lane, &x, sizeof lane);
  return load_some(lane, count);
}

inline float total_of(const Floats& x) {
  float lane[kLanes];
  std::memcpy(lane, &x, sizeof lane);
  for (int step = kLanes / 2; step > 0; step /= 2) {
    for (int i = 0; i < step; ++i) lane[i] += lane[i + step];
  }
  return lane[0];
}

// Sums of a few rows are added to the total, not single rows: rounding errors stay those of about
// forty additions instead of hundreds.
constexpr std::int64_t kRowsOfSum = 32;

// `vectors` vectors of channels at a time, so that whole cache lines of a row are used.
template <int vectors>
inline void moments_of_channels(const float* x, std::int64_t rows, std::int64_t channels,
                                float* sum, float* square) {
  Floats shift[vectors], total[vectors], squares[vectors];
  for (int v = 0; v < vectors; ++v) {
    shift[v] = load(x + v * kLanes);
    total[v] = squares[v] = Floats{};
  }
  for (std::int64_t first = 0; first < rows; first += kRowsOfSum) {
    const std::int64_t last = first + kRowsOfSum < rows ? first + kRowsOfSum : rows;
    Floats s[vectors], q[vectors];
    for (int v = 0; v < vectors; ++v) s[v] = q[v] = Floats{};
    for (std::int64_t r = first; r < last; ++r, x += channels) {
      for (int v = 0; v < vectors; ++v) {
        const Floats d = load(x + v * kLanes) - shift[v];
        s[v] += d;
        q[v] = d * d + q[v];
      }
    }
    for (int v = 0; v < vectors; ++v) {
      total[v] += s[v];
      squares[v] += q[v];
    }
  }
  for (int v = 0; v < vectors; ++v) {
    store(sum + v * kLanes, total[v]);
    store(square + v * kLanes, squares[v]);
  }
}

inline void channel_moments(const float* x, std::int64_t rows, std::int64_t channels, float* sum,
                            float* square) {
  std::int64_t c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes) {
    moments_of_channels<4>(x + c, rows, channels, sum + c, square + c);
  }
  for (; c + kLanes <= channels; c += kLanes) {
    moments_of_channels<1>(x + c, rows, channels, sum + c, square + c);
  }
  for (; c < channels; ++c) {
    double s = 0, q = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
      const double d = static_cast<double>(x[r * channels + c]) - static_cast<double>(x[c]);
      s += d;
      q += d * d;
    }
    sum[c] = static_cast<float>(s);
    square[c] = static_cast<float>(q);
  }
}

template <bool silu>
inline Floats activate(const Floats& x) {
  if constexpr (silu) return sigmoid_product(x, 1.0F);
  return x;
}

template <bool silu>
inline void normalise_all_rows(const float* x, float* y, std::int64_t rows, std::int64_t channels,
                               const float* mean, const float* scale, const float* shift) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, y += channels) {
    for_runs(channels, [&](std::int64_t i, std::int64_t count) {
      const Floats centred = load_up_to(x + i, count) - load_up_to(mean + i, count);
      const Floats scaled = centred * load_up_to(scale + i, count) + load_up_to(shift + i, count);
      store_up_to(y + i, activate<silu>(scaled), count);
    });
  }
}

inline void normalise_rows(const float* x, float* y, std::int64_t rows, std::int64_t channels,
                           const float* mean, const float* scale, const float* shift, bool silu) {
  if (silu) {
    normalise_all_rows<true>(x, y, rows, channels, mean, scale, shift);
  } else {
    normalise_all_rows<false>(x, y, rows, channels, mean, scale, shift);
  }
}

inline void normalise_run(const float* x, float* y, std::int64_t count, float mean, float scale,
                          float shift, bool silu) {
  for_runs(count, [&](std::int64_t i, std::int64_t n) {
    const Floats scaled = (load_up_to(x + i, n) - mean) * scale + shift;
    store_up_to(y + i, silu ? activate<true>(scaled) : scaled, n);
  });
}

inline void layer_norm_rows(const float* x, float* y, std::int64_t rows, std::int64_t width,
                            const float* weight, const float* bias, double epsilon) {
  const double share = 1.0 / static_cast<double>(width);
  for (std::int64_t r = 0; r < rows; ++r, x += width, y += width) {
    // The mean of the differences from the first number; then the variance around the mean.
    const float first = x[0];
    Floats sums[2] = {};
    int turn = 0;
    for_runs(width, [&](std::int64_t i, std::int64_t n) {
      const Floats d = first_lanes(load_up_to(x + i, n) - first, n);
      sums[turn] += d;
      turn ^= 1;
    });
    const float mean = static_cast<float>(static_cast<double>(first) +
                                          static_cast<double>(total_of(sums[0] + sums[1])) * share);
    Floats squares[2] = {};
    for_runs(width, [&](std::int64_t i, std::int64_t n) {
      const Floats d = first_lanes(load_up_to(x + i, n) - mean, n);
      squares[turn] = d * d + squares[turn];
      turn ^= 1;
    });
    const double variance = static_cast<double>(total_of(squares[0] + squares[1])) * share;
    const float scale = static_cast<float>(1.0 / __builtin_sqrt(variance + epsilon));
    for_runs(width, [&](std::int64_t i, std::int64_t n) {
      const Floats normal = (load_up_to(x + i, n) - mean) * scale;
      store_up_to(y + i, normal * load_up_to(weight + i, n) + load_up_to(bias + i, n), n);
    });
  }
}

inline void geglu_rows(const float* x, float* y, std::int64_t rows, std::int64_t width) {
  for (std::int64_t r = 0; r < rows; ++r, x += 2 * width, y += width) {
    for_runs(width, [&](std::int64_t i, std::int64_t n) {
      store_up_to(y + i, load_up_to(x + i, n) * gelu_lanes(load_up_to(x + width + i, n)), n);
    });
  }
}

inline void sigmoid_product_run(const float* x, float* y, std::int64_t count, float slope) {
  for_runs(count, [&](std::int64_t i, std::int64_t n) {
    store_up_to(y + i, sigmoid_product(load_up_to(x + i, n), slope), n);
  });
}
