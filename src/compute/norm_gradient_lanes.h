// The loops of compute/norm_gradient_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h).
#include "compute/float_lanes.h"
#include "compute/math_lanes.h"
#include "compute/run_lanes.h"

// What arrives at z = (x - mean) * scale + shift of the gradient that arrives at silu(z):
// silu'(z) = s (1 + z (1 - s)) with s = 1 / (1 + exp(-z)).
template <bool silu>
inline Floats through_activation(const Floats& z, const Floats& gradient) {
  if constexpr (!silu) return gradient;
  const Floats exponent = minimum(z * -kLog2E, fill(126.0F));
  const Floats s = 1.0F / (1.0F + exp2_lanes(z == z ? exponent : z));
  return gradient * (s * (1.0F + z * (1.0F - s)));
}

// As in compute/fused_lanes.h: few rows are summed before they are added to the total.
constexpr std::int64_t kRowsOfGradientSum = 32;

template <int vectors, bool silu>
inline void gradient_sums_of_channels(const NormGradientRows& rows, std::int64_t c, float* sum,
                                      float* product) {
  const float* x = rows.x + c;
  const float* gradient = rows.gradient + c;
  Floats mean[vectors], scale[vectors], shift[vectors], sums[vectors], products[vectors];
  for (int v = 0; v < vectors; ++v) {
    mean[v] = load(rows.mean + c + v * kLanes);
    scale[v] = load(rows.scale + c + v * kLanes);
    shift[v] = load(rows.shift + c + v * kLanes);
    sums[v] = products[v] = Floats{};
  }
  for (std::int64_t first = 0; first < rows.rows; first += kRowsOfGradientSum) {
    const std::int64_t last =
        first + kRowsOfGradientSum < rows.rows ? first + kRowsOfGradientSum : rows.rows;
    Floats s[vectors], p[vectors];
    for (int v = 0; v < vectors; ++v) s[v] = p[v] = Floats{};
    for (std::int64_t r = first; r < last; ++r, x += rows.channels, gradient += rows.channels) {
      for (int v = 0; v < vectors; ++v) {
        const Floats centred = load(x + v * kLanes) - mean[v];
        const Floats inner =
            through_activation<silu>(centred * scale[v] + shift[v], load(gradient + v * kLanes));
        s[v] += inner;
        p[v] = inner * centred + p[v];
      }
    }
    for (int v = 0; v < vectors; ++v) {
      sums[v] += s[v];
      products[v] += p[v];
    }
  }
  for (int v = 0; v < vectors; ++v) {
    store(sum + c + v * kLanes, sums[v]);
    store(product + c + v * kLanes, products[v]);
  }
}

template <bool silu>
inline void gradient_sums_of_last_channels(const NormGradientRows& rows, std::int64_t c, float* sum,
                                           float* product) {
  const std::int64_t count = rows.channels - c;
  const Floats mean = load_some(rows.mean + c, count), scale = load_some(rows.scale + c, count);
  const Floats shift = load_some(rows.shift + c, count);
  Floats s = {}, p = {};
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const Floats centred = load_some(rows.x + r * rows.channels + c, count) - mean;
    const Floats inner = through_activation<silu>(
        centred * scale + shift, load_some(rows.gradient + r * rows.channels + c, count));
    s += inner;
    p = inner * centred + p;
  }
  store_some(sum + c, s, count);
  store_some(product + c, p, count);
}

template <bool silu>
inline void all_gradient_sums(const NormGradientRows& rows, float* sum, float* product) {
  std::int64_t c = 0;
  for (; c + 2 * kLanes <= rows.channels; c += 2 * kLanes) {
    gradient_sums_of_channels<2, silu>(rows, c, sum, product);
  }
  for (; c + kLanes <= rows.channels; c += kLanes) {
    gradient_sums_of_channels<1, silu>(rows, c, sum, product);
  }
  if (c < rows.channels) gradient_sums_of_last_channels<silu>(rows, c, sum, product);
}

inline void norm_gradient_sums(const NormGradientRows& rows, float* sum, float* product) {
  if (rows.silu) {
    all_gradient_sums<true>(rows, sum, product);
  } else {
    all_gradient_sums<false>(rows, sum, product);
  }
}

template <bool silu>
inline void all_norm_gradients(const NormGradientRows& rows, const float* offset,
                               const float* slope, float* result) {
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const std::int64_t row = r * rows.channels;
    for_runs(rows.channels, [&](std::int64_t i, std::int64_t count) {
      const Floats scale = load_up_to(rows.scale + i, count);
      const Floats centred = load_up_to(rows.x + row + i, count) - load_up_to(rows.mean + i, count);
      const Floats inner =
          through_activation<silu>(centred * scale + load_up_to(rows.shift + i, count),
                                   load_up_to(rows.gradient + row + i, count));
      const Floats others = load_up_to(offset + i, count) + centred * load_up_to(slope + i, count);
      store_up_to(result + row + i, inner * scale - others, count);
    });
  }
}

inline void norm_gradient(const NormGradientRows& rows, const float* offset, const float* slope,
                          float* result) {
  if (rows.silu) {
    all_norm_gradients<true>(rows, offset, slope, result);
  } else {
    all_norm_gradients<false>(rows, offset, slope, result);
  }
}
