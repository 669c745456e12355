#include "evaluate/benchmarks/rank_test.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "evaluate/distributions.h"

namespace ersatz::evaluate {
namespace {

constexpr std::size_t kExactPairs = 2'500;

// How many of the orders of n + m values have U = 0, 1, ..., n m, as shares of all of them. One
// value after the other is put at the end of the order: the largest is of the right sample (it
// leaves U as it is) or of the left one (it adds all m right ones below it).
std::vector<double> u_distribution(std::size_t n, std::size_t m) {
  std::vector<std::vector<double>> before(m + 1, {1.0});  // n = 0: U is 0
  for (std::size_t i = 1; i <= n; ++i) {
    std::vector<std::vector<double>> now(m + 1);
    now[0] = {1.0};
    for (std::size_t j = 1; j <= m; ++j) {
      now[j].assign(i * j + 1, 0.0);
      const double left = static_cast<double>(i) / static_cast<double>(i + j);
      for (std::size_t u = 0; u < before[j].size(); ++u) now[j][u + j] += left * before[j][u];
      for (std::size_t u = 0; u < now[j - 1].size(); ++u) now[j][u] += (1 - left) * now[j - 1][u];
    }
    before = std::move(now);
  }
  return before[m];
}

// P(U <= u) where the exact one would take long.
double approximately_below(std::size_t left, std::size_t right, double u) {
  const auto pairs = static_cast<double>(left * right);
  const double sd = std::sqrt(pairs * static_cast<double>(left + right + 1) / 12);
  return normal_cdf((u + 0.5 - pairs / 2) / sd);
}

// The number of U = 0, 1, ... whose probability together is at most `tail`.
std::size_t rejected(std::size_t left, std::size_t right, double tail) {
  const std::size_t half = left * right / 2;
  std::size_t count = 0;
  if (left * right > kExactPairs) {
    while (count < half && approximately_below(left, right, static_cast<double>(count)) <= tail) {
      ++count;
    }
    return count;
  }
  const std::vector<double> shares = u_distribution(left, right);
  for (double sum = shares[0]; count < half && sum <= tail; sum += shares[count]) ++count;
  return count;
}

std::vector<double> logarithms(const std::vector<double>& values) {
  std::vector<double> result;
  for (const double value : values) {
    if (!(value > 0) || !std::isfinite(value)) {
      throw core::Error::numeric("value", "a comparison of ratios, which must be positive");
    }
    result.push_back(std::log(value));
  }
  return result;
}

}  // namespace

double mann_whitney_u(const std::vector<double>& left, const std::vector<double>& right) {
  double u = 0;
  for (const double a : left) {
    for (const double b : right) u += b < a ? 1.0 : b == a ? 0.5 : 0.0;
  }
  return u;
}

double mann_whitney_below(std::size_t left, std::size_t right, double u) {
  if (u < 0) return 0;
  if (left * right > kExactPairs) return approximately_below(left, right, u);
  const std::vector<double> shares = u_distribution(left, right);
  double sum = 0;
  for (std::size_t i = 0; i < shares.size() && static_cast<double>(i) <= u; ++i) sum += shares[i];
  return std::min(sum, 1.0);
}

double mann_whitney_p(const std::vector<double>& left, const std::vector<double>& right) {
  if (left.empty() || right.empty()) return 1;
  const double u = mann_whitney_u(left, right);
  const auto pairs = static_cast<double>(left.size() * right.size());
  // Rounded away from the tail: half a pair of a tie counts as a whole one.
  return std::min(
      1.0, 2 * mann_whitney_below(left.size(), right.size(), std::ceil(std::min(u, pairs - u))));
}

std::optional<RatioEstimate> ratio_estimate(const std::vector<double>& left,
                                            const std::vector<double>& right, double level) {
  if (left.empty() || right.empty()) return std::nullopt;
  const std::vector<double> from = logarithms(left), to = logarithms(right);
  std::vector<double> shifts;
  for (const double a : from) {
    for (const double b : to) shifts.push_back(b - a);
  }
  std::sort(shifts.begin(), shifts.end());
  // The interval leaves out as many shifts at both ends as the test rejects.
  const std::size_t out = rejected(left.size(), right.size(), (1 - level) / 2);
  if (out == 0) return std::nullopt;
  RatioEstimate estimate;
  estimate.ratio = std::exp(sample_quantile(shifts, 0.5));
  estimate.interval = {std::exp(shifts[out - 1]), std::exp(shifts[shifts.size() - out])};
  return estimate;
}

}  // namespace ersatz::evaluate
