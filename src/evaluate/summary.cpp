#include "evaluate/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "evaluate/distributions.h"

namespace ersatz::evaluate {
namespace {

using core::Metric;

bool measured(const Metric* metric) {
  return metric != nullptr && !metric->values.empty() &&
         std::all_of(metric->values.begin(), metric->values.end(),
                     [](double value) { return std::isfinite(value); });
}

// Variance of the mean; 0: not known.
double sampling_noise(const Metric& metric) {
  const auto scale = proportion_scale(metric);
  if (!scale) return metric.sampling_sd * metric.sampling_sd;
  return *scale * *scale * sampling_variance(mean(metric.values) / *scale, metric.sample_count);
}

Interval normal_interval(double middle, double variance) {
  const double half = normal_quantile((1 + kLevel) / 2) * std::sqrt(variance);
  return {middle - half, middle + half};
}

Interval clamp(Interval interval, const std::optional<double>& scale) {
  if (!scale) return interval;
  return {std::max(0.0, interval.low), std::min(*scale, interval.high)};
}

// Where the mean can lie: of proportions, and of other percentages, such as a mean of F1 or IoU. A
// difference of percentages is in points.
std::optional<double> scale_of_mean(const Metric& metric) {
  const bool inside = std::all_of(metric.values.begin(), metric.values.end(),
                                  [](double value) { return value >= 0 && value <= 100; });
  if (metric.sample_count <= 0 && metric.unit == "%" && inside) return 100;
  return proportion_scale(metric);
}

// A difference of two shares is a whole at most.
Interval clamp_difference(Interval interval, double scale) {
  return {std::max(-scale, interval.low), std::min(scale, interval.high)};
}

// Values of `metric` in the order of `seeds`; empty when its seeds are not exactly these.
std::vector<double> in_order_of(const std::vector<std::int64_t>& seeds, const Metric& metric) {
  std::vector<double> ordered;
  if (metric.seeds.size() != metric.values.size() || metric.seeds.size() != seeds.size()) return {};
  for (const std::int64_t seed : seeds) {
    if (std::count(seeds.begin(), seeds.end(), seed) != 1) return {};
    const auto found = std::find(metric.seeds.begin(), metric.seeds.end(), seed);
    if (found == metric.seeds.end()) return {};
    ordered.push_back(metric.values[static_cast<std::size_t>(found - metric.seeds.begin())]);
  }
  return ordered;
}

}  // namespace

std::optional<double> proportion_scale(const Metric& metric) {
  if (metric.sample_count <= 0) return std::nullopt;
  const double scale = metric.unit == "%" ? 100 : 1;
  for (const double value : metric.values) {
    if (std::isfinite(value) && (value < 0 || value > scale)) {
      throw core::Error::usage(
          fmt::format("{} is a proportion of {} items, but has the value {} outside 0..{}",
                      metric.address(), metric.sample_count, value, scale),
          "a metric that is not a proportion must not have a sample count");
    }
  }
  return scale;
}

std::optional<Summary> summarise(const Metric* metric) {
  if (!measured(metric)) return std::nullopt;
  Summary summary;
  summary.mean = mean(metric->values);
  summary.sd = sample_sd(metric->values);
  summary.n = metric->values.size();
  const auto scale = proportion_scale(*metric);
  const double noise = sampling_noise(*metric);
  if (!summary.few_seeds()) {
    summary.policy = noise > 0 ? IntervalPolicy::kSeedsAndSampling : IntervalPolicy::kSeeds;
    summary.interval = clamp(combined_interval({metric->values, noise}), scale_of_mean(*metric));
  } else if (scale) {
    summary.policy = IntervalPolicy::kSampling;
    const Interval unit = wilson_interval(summary.mean / *scale, metric->sample_count);
    summary.interval = Interval{unit.low * *scale, unit.high * *scale};
  } else if (noise > 0) {
    summary.policy = IntervalPolicy::kSampling;
    summary.interval = clamp(normal_interval(summary.mean, noise), scale_of_mean(*metric));
  }
  return summary;
}

std::optional<MetricDifference> difference(const Metric* left, const Metric* right) {
  if (!measured(left) || !measured(right)) return std::nullopt;
  if (left->unit != right->unit) {
    throw core::Error::usage(fmt::format("{} is in '{}' but {} is in '{}'", left->address(),
                                         left->unit, right->address(), right->unit),
                             "only metrics of one unit can be compared");
  }
  const double left_mean = mean(left->values), right_mean = mean(right->values);
  MetricDifference result;
  result.value = left_mean - right_mean;
  const auto left_scale = proportion_scale(*left), right_scale = proportion_scale(*right);
  const double left_noise = sampling_noise(*left), right_noise = sampling_noise(*right);
  if (left->values.size() >= kEnoughSeeds && right->values.size() >= kEnoughSeeds) {
    const Estimate a{left->values, left_noise};
    const std::vector<double> paired = left->seeds.size() == left->values.size()
                                           ? in_order_of(left->seeds, *right)
                                           : std::vector<double>();
    const Estimate b{paired.empty() ? right->values : paired, right_noise};
    const Difference d = paired.empty() ? welch_difference(a, b) : paired_difference(a, b);
    result.interval = d.interval;
    result.paired = d.paired;
    result.policy = left_noise > 0 && right_noise > 0 ? IntervalPolicy::kSeedsAndSampling
                                                      : IntervalPolicy::kSeeds;
  } else if (left_scale && right_scale) {
    const double scale = *left_scale;
    const Difference d = newcombe_difference(left_mean / scale, left->sample_count,
                                             right_mean / scale, right->sample_count);
    result.interval = Interval{d.interval.low * scale, d.interval.high * scale};
    result.policy = IntervalPolicy::kSampling;
  } else if (left_noise > 0 && right_noise > 0) {
    result.interval = normal_interval(result.value, left_noise + right_noise);
    result.policy = IntervalPolicy::kSampling;
  }
  if (result.interval && left_scale && right_scale) {
    result.interval = clamp_difference(*result.interval, *left_scale);
  }
  return result;
}

const char* describe(IntervalPolicy policy) {
  switch (policy) {
    case IntervalPolicy::kSeeds:
      return "t over seeds";
    case IntervalPolicy::kSeedsAndSampling:
      return "t over seeds and test-set sampling";
    case IntervalPolicy::kSampling:
      return "test-set sampling only: few seeds";
    case IntervalPolicy::kNone:
      return "none: few seeds";
  }
  return "";
}

core::Json to_json(const Summary& summary) {
  core::Json json = {{"mean", summary.mean}, {"sd", summary.sd}, {"n", summary.n}};
  if (summary.interval) {
    json["lo"] = summary.interval->low;
    json["hi"] = summary.interval->high;
  }
  json["interval"] = describe(summary.policy);
  return json;
}

}  // namespace ersatz::evaluate
