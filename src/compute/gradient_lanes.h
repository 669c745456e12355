// The loops of compute/gradient_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h).
#include "compute/float_lanes.h"
#include "compute/math_lanes.h"
#include "compute/run_lanes.h"

// 1 / (1 + exp(-slope * x))
inline Floats sigmoid_lanes(const Floats& x, float slope) {
  const Floats exponent = minimum(x * (-slope * kLog2E), fill(126.0F));
  return 1.0F / (1.0F + exp2_lanes(x == x ? exponent : x));
}

// The derivative of x * sigmoid(slope * x).
inline Floats sigmoid_product_slope(const Floats& x, float slope) {
  const Floats s = sigmoid_lanes(x, slope);
  return s * (1.0F + slope * x * (1.0F - s));
}

// Constants of up to kLanes channels.
struct ChannelLanes {
  Floats mean, scale, weight, bias;
};

inline ChannelLanes channel_lanes(const NormalisedChannels& layer, std::int64_t c,
                                  std::int64_t count) {
  return {load_up_to(layer.mean + c, count), load_up_to(layer.scale + c, count),
          load_up_to(layer.weight + c, count), load_up_to(layer.bias + c, count)};
}

// All rows of up to `vectors` * kLanes channels from c on; `valid` channels of the last vector.
template <int vectors, bool silu>
inline void gradient_sums(const NormalisedChannels& layer, std::int64_t c, std::int64_t valid,
                          const float* x, const float* dy, std::int64_t rows, float* dz, float* sum,
                          float* product) {
  ChannelLanes channel[vectors];
  Floats total[vectors], products[vectors];
  const std::int64_t count = vectors == 1 ? valid : kLanes;
  for (int v = 0; v < vectors; ++v) {
    channel[v] = channel_lanes(layer, c + v * kLanes, count);
    total[v] = products[v] = Floats{};
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t at = r * layer.channels + c;
    for (int v = 0; v < vectors; ++v) {
      const std::int64_t i = at + v * kLanes;
      const ChannelLanes& k = channel[v];
      const Floats normal = (load_up_to(x + i, count) - k.mean) * k.scale;
      Floats gradient = load_up_to(dy + i, count);
      if constexpr (silu) {
        gradient = gradient * sigmoid_product_slope(normal * k.weight + k.bias, 1.0F);
      }
      store_up_to(dz + i, gradient, count);
      total[v] += gradient;
      products[v] = gradient * normal + products[v];
    }
  }
  for (int v = 0; v < vectors; ++v) {
    const std::int64_t i = c + v * kLanes;
    store_up_to(sum + i, load_up_to(sum + i, count) + total[v], count);
    store_up_to(product + i, load_up_to(product + i, count) + products[v], count);
  }
}

template <bool silu>
inline void all_gradient_sums(const NormalisedChannels& layer, const float* x, const float* dy,
                              std::int64_t rows, float* dz, float* sum, float* product) {
  std::int64_t c = 0;
  for (; c + 2 * kLanes <= layer.channels; c += 2 * kLanes) {
    gradient_sums<2, silu>(layer, c, kLanes, x, dy, rows, dz, sum, product);
  }
  for (; c < layer.channels; c += kLanes) {
    const std::int64_t left = layer.channels - c;
    gradient_sums<1, silu>(layer, c, left < kLanes ? left : kLanes, x, dy, rows, dz, sum, product);
  }
}

inline void normalised_gradient_sums(const NormalisedChannels& layer, const float* x,
                                     const float* dy, std::int64_t rows, float* dz, float* sum,
                                     float* product) {
  if (layer.silu) {
    all_gradient_sums<true>(layer, x, dy, rows, dz, sum, product);
  } else {
    all_gradient_sums<false>(layer, x, dy, rows, dz, sum, product);
  }
}

inline void normalised_gradient(const NormalisedChannels& layer, const float* x, const float* dz,
                                const float* slope, const float* shift, std::int64_t rows,
                                float* dx) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t row = r * layer.channels;
    for_runs(layer.channels, [&](std::int64_t c, std::int64_t n) {
      const Floats factor = load_up_to(layer.scale + c, n) * load_up_to(layer.weight + c, n);
      const Floats centred = load_up_to(x + row + c, n) - load_up_to(layer.mean + c, n);
      const Floats rest = centred * load_up_to(slope + c, n) + load_up_to(shift + c, n);
      store_up_to(dx + row + c, load_up_to(dz + row + c, n) * factor + rest, n);
    });
  }
}

// Phi(x), and the derivative of x * Phi(x), the exact gelu: Phi(x) + x * phi(x).
struct GeluLanes {
  Floats share, slope;
};

inline GeluLanes gelu_and_slope(const Floats& x) {
  const NormalTail normal = normal_tail(x < 0.0F ? -x : x);
  const Floats share = x < 0.0F ? normal.tail : 1.0F - normal.tail;
  constexpr float kInverseRootTwoPi = 0.398942280F;
  return {share, x * (normal.bell * kInverseRootTwoPi) + share};
}

inline void geglu_gradient(const float* x, const float* dy, float* dx, std::int64_t rows,
                           std::int64_t width) {
  for (std::int64_t r = 0; r < rows; ++r, x += 2 * width, dx += 2 * width, dy += width) {
    for_runs(width, [&](std::int64_t i, std::int64_t n) {
      const Floats value = load_up_to(x + i, n), gate = load_up_to(x + width + i, n);
      const Floats gradient = load_up_to(dy + i, n);
      const GeluLanes gelu = gelu_and_slope(gate);
      store_up_to(dx + i, gradient * (gate * gelu.share), n);
      store_up_to(dx + width + i, gradient * value * gelu.slope, n);
    });
  }
}

inline void sigmoid_product_gradient_run(const float* x, const float* dy, float* dx,
                                         std::int64_t count, float slope) {
  for_runs(count, [&](std::int64_t i, std::int64_t n) {
    store_up_to(dx + i, load_up_to(dy + i, n) * sigmoid_product_slope(load_up_to(x + i, n), slope),
                n);
  });
}
