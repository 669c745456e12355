// Elementary functions of one vector register; after compute/float_lanes.h, in the same way.
// Polynomials interpolate the function at Chebyshev nodes.

// 2^x for x <= 126. Below -126 the result is 0. Relative error below 1.2e-7. NaN stays NaN.
inline Floats exp2_lanes(const Floats& x) {
  // Adding 1.5 * 2^23 rounds to an integer n, which then sits in the low bits of the sum.
  const Floats shifted = x + 12582912.0F;
  const Floats r = x - (shifted - 12582912.0F);  // [-1/2, 1/2], exact
  Floats p = 0.000154531634F * r + 0.00133908633F;
  p = p * r + 0.00961808302F;
  p = p * r + 0.0555035695F;
  p = p * r + 0.240226507F;
  p = p * r + 0.693147182F;
  p = p * r + 1.0F;
  // Times 2^n; wraps where n is below every exponent, which is not used.
  const Words bits = reinterpret_cast<Words>(p) + (reinterpret_cast<Words>(shifted) << 23);
  const Floats power = reinterpret_cast<Floats>(bits);
  const Floats result = x < -126.0F ? Floats{} : power;
  return x == x ? result : x;
}

constexpr float kLog2E = 1.44269504F;

// x / (1 + exp(-slope * x)). Absolute error below 3e-7 * |x|.
inline Floats sigmoid_product(const Floats& x, float slope) {
  const Floats exponent = minimum(x * (-slope * kLog2E), fill(126.0F));
  return x / (1.0F + exp2_lanes(x == x ? exponent : x));
}

// Of a = |x|: bell = exp(-a^2 / 2), and tail = Phi(-a) with the normal distribution function Phi,
// as bell * t * P(t) with t = 1 / (1 + 0.3 a), the form of Abramowitz & Stegun 7.1.26 with a longer
// polynomial. Absolute error of the tail below 1.2e-7.
struct NormalTail {
  Floats bell, tail;
};

inline NormalTail normal_tail(const Floats& a) {
  const Floats t = 1.0F / (1.0F + 0.3F * a);
  Floats p = 0.0376223959F * t - 0.165245593F;
  p = p * t + 0.220067859F;
  p = p * t - 0.0661525875F;
  p = p * t + 0.135062695F;
  p = p * t + 0.0979774147F;
  p = p * t + 0.121057905F;
  p = p * t + 0.11960993F;
  const Floats bell = exp2_lanes(a * a * (-0.5F * kLog2E));
  return {bell, bell * (t * p)};
}

// x * Phi(x), the exact gelu; small in proportion for negative x too.
inline Floats gelu_lanes(const Floats& x) {
  const Floats tail = normal_tail(x < 0.0F ? -x : x).tail;
  return x * (x < 0.0F ? tail : 1.0F - tail);
}
