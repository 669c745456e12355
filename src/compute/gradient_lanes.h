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
