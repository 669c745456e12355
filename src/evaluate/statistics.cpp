#include "evaluate/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"
#include "evaluate/distributions.h"

namespace ersatz::evaluate {
namespace {

void require_at_least(const std::vector<double>& values, std::size_t n) {
  if (values.size() < n) {
    throw core::Error::internal(
        fmt::format("statistics of {} values where {} are needed", values.size(), n));
  }
}

// One term of a sum of variances; dof infinity for known ones.
struct Term {
  double variance, dof;
};

double welch_satterthwaite(const std::vector<Term>& terms) {
  double largest = 0;
  for (const Term& term : terms) largest = std::max(largest, term.variance);
  // Squares of large variances overflow. A power of two changes no other bit of the ratio.
  int exponent = 0;
  std::frexp(largest, &exponent);
  double total = 0, denominator = 0;
  for (const Term& term : terms) {
    const double variance = std::ldexp(term.variance, -exponent);
    total += variance;
    if (std::isfinite(term.dof)) denominator += variance * variance / term.dof;
  }
  return denominator > 0 ? total * total / denominator : std::numeric_limits<double>::infinity();
}

Term seed_term(const std::vector<double>& values) {
  const double n = static_cast<double>(values.size()), sd = sample_sd(values);
  return {sd * sd / n, n - 1};
}

Difference difference_of(double value, const std::vector<Term>& terms, double level) {
  double variance = 0;
  for (const Term& term : terms) variance += term.variance;
  if (!std::isfinite(variance)) {
    throw core::Error::numeric("the variance", "values as large as these");
  }
  Difference result;
  result.value = value;
  result.dof = welch_satterthwaite(terms);
  const double half =
      variance > 0 ? student_t_quantile(0.5 + level / 2, result.dof) * std::sqrt(variance) : 0;
  result.interval = {value - half, value + half};
  return result;
}

Term known(double variance) { return {variance, std::numeric_limits<double>::infinity()}; }

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    for (std::size_t k = i; k < j; ++k) rank[order[k]] = static_cast<double>(i + j - 1) / 2;
    i = j;
  }
  return rank;
}

}  // namespace

double mean(const std::vector<double>& values) {
  require_at_least(values, 1);
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sample_sd(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double center = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - center) * (value - center);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double sample_quantile(std::vector<double> values, double share) {
  if (values.empty()) throw core::Error::internal("a quantile of no values");
  std::sort(values.begin(), values.end());
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

Interval t_interval(const std::vector<double>& values, double level) {
  return combined_interval({values, 0}, level);
}

Interval wilson_interval(double proportion, std::int64_t count, double level) {
  if (count < 1 || !(proportion >= 0 && proportion <= 1)) {
    throw core::Error::internal(fmt::format("proportion {} of {} items", proportion, count));
  }
  const double n = static_cast<double>(count), z = normal_quantile(0.5 + level / 2);
  const double shrink = 1 + z * z / n;
  const double center = (proportion + z * z / (2 * n)) / shrink;
  const double half =
      z / shrink * std::sqrt(proportion * (1 - proportion) / n + z * z / (4 * n * n));
  // At 0 and 1 the bound is the proportion itself; rounding must not push it outside.
  return {proportion == 0 ? 0 : std::max(0.0, center - half),
          proportion == 1 ? 1 : std::min(1.0, center + half)};
}

double sampling_variance(double proportion, std::int64_t count, double level) {
  if (count < 1 || !(proportion >= 0 && proportion <= 1)) {
    throw core::Error::internal(fmt::format("proportion {} of {} items", proportion, count));
  }
  const double n = static_cast<double>(count), z = normal_quantile(0.5 + level / 2);
  const double adjusted = (proportion * n + z * z / 2) / (n + z * z);
  return adjusted * (1 - adjusted) / (n + z * z);
}

Interval combined_interval(const Estimate& estimate, double level) {
  require_at_least(estimate.values, 2);
  return difference_of(mean(estimate.values),
                       {seed_term(estimate.values), known(estimate.sampling_variance)}, level)
      .interval;
}

Difference welch_difference(const Estimate& left, const Estimate& right, double level) {
  require_at_least(left.values, 2);
  require_at_least(right.values, 2);
  return difference_of(mean(left.values) - mean(right.values),
                       {seed_term(left.values), seed_term(right.values),
                        known(left.sampling_variance + right.sampling_variance)},
                       level);
}

Difference paired_difference(const Estimate& left, const Estimate& right, double level) {
  require_at_least(left.values, 2);
  if (left.values.size() != right.values.size()) {
    throw core::Error::internal("paired difference of unequal numbers of seeds");
  }
  std::vector<double> differences(left.values.size());
  std::transform(left.values.begin(), left.values.end(), right.values.begin(), differences.begin(),
                 [](double a, double b) { return a - b; });
  Difference result = difference_of(
      mean(differences),
      {seed_term(differences), known(left.sampling_variance + right.sampling_variance)}, level);
  result.paired = true;
  return result;
}

Difference newcombe_difference(double left, std::int64_t left_count, double right,
                               std::int64_t right_count, double level) {
  const Interval a = wilson_interval(left, left_count, level);
  const Interval b = wilson_interval(right, right_count, level);
  Difference result;
  result.value = left - right;
  result.dof = std::numeric_limits<double>::infinity();
  result.interval = {result.value - std::hypot(left - a.low, b.high - right),
                     result.value + std::hypot(a.high - left, right - b.low)};
  return result;
}

std::optional<double> spearman(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() != y.size() || x.size() < 2) return std::nullopt;
  const std::vector<double> a = ranks(x), b = ranks(y);
  const double center_a = mean(a), center_b = mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - center_a) * (b[i] - center_b);
    aa += (a[i] - center_a) * (a[i] - center_a);
    bb += (b[i] - center_b) * (b[i] - center_b);
  }
  if (aa == 0 || bb == 0) return std::nullopt;
  return ab / std::sqrt(aa * bb);
}

}  // namespace ersatz::evaluate
