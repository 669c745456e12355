#include "evaluate/distributions.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/error.h"

namespace ersatz::evaluate {
namespace {

// The continued fraction of I_x(a, b), converging fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto away_from_zero = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double value = d;
  for (int m = 1; m <= 10000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    value *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    value *= d * c;
    if (std::abs(d * c - 1) < 1e-16) break;
  }
  return value;
}

// Beyond this many degrees of freedom t and normal agree to better than 1e-9.
constexpr double kNormalDof = 1e8;

// Quantile of a continuous, symmetric distribution by bisection on its CDF: 200 halvings reach the
// last bit, and intervals are computed a few hundred times per report.
template <class Cdf>
double symmetric_quantile(double probability, Cdf cdf) {
  if (!(probability > 0 && probability < 1)) {
    throw core::Error::internal(fmt::format("quantile of probability {}", probability));
  }
  if (probability == 0.5) return 0;
  const double upper = std::max(probability, 1 - probability);
  double low = 0, high = 1;
  while (cdf(high) < upper && high < 1e300) high *= 2;
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (cdf(middle) < upper ? low : high) = middle;
  }
  const double quantile = low + (high - low) / 2;
  return probability > 0.5 ? quantile : -quantile;
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_t_cdf(double t, double dof) {
  if (!(dof > 0)) throw core::Error::internal(fmt::format("{} degrees of freedom", dof));
  if (dof > kNormalDof) return normal_cdf(t);
  const double tail = 0.5 * incomplete_beta(dof / 2, 0.5, dof / (dof + t * t));
  return t > 0 ? 1 - tail : tail;
}

double student_t_quantile(double probability, double dof) {
  return symmetric_quantile(probability, [dof](double t) { return student_t_cdf(t, dof); });
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

double normal_quantile(double probability) {
  return symmetric_quantile(probability, [](double z) { return normal_cdf(z); });
}

}  // namespace ersatz::evaluate
