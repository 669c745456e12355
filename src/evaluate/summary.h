// From a metric (one value per seed) to mean, spread and 95 % interval, and the difference of two.
//
// Policy: with at least three seeds, Student's t over the seeds combined with the sampling noise of
// the test set (statistics.h); with one or two seeds, only the sampling noise (Wilson's interval of
// the mean proportion; a normal one where the metric brings its own deviation), flagged
// `few_seeds`; with neither, no interval at all. Of proportions and of other percentages ("%")
// intervals end where the scale does.
#pragma once

#include <optional>
#include <string>

#include "core/json.h"
#include "core/metrics.h"
#include "evaluate/statistics.h"

namespace ersatz::evaluate {

inline constexpr std::size_t kEnoughSeeds = 3;

enum class IntervalPolicy {
  kSeeds,             // t over seeds; not a proportion
  kSeedsAndSampling,  // t over seeds plus the test set's noise
  kSampling,          // too few seeds: the test set's noise only
  kNone,              // too few seeds and not a proportion
};

struct Summary {
  double mean = 0;
  double sd = 0;      // over seeds, n - 1; 0 with one seed
  std::size_t n = 0;  // seeds
  std::optional<Interval> interval;
  IntervalPolicy policy = IntervalPolicy::kNone;
  bool few_seeds() const { return n < kEnoughSeeds; }
};

// nullopt when the metric is null, has no values, or any value is not finite.
std::optional<Summary> summarise(const core::Metric* metric);

struct MetricDifference {
  double value = 0;  // mean of left - mean of right
  std::optional<Interval> interval;
  IntervalPolicy policy = IntervalPolicy::kNone;
  bool paired = false;  // by seed
};

// Paired when both have the same >= 3 seeds. nullopt when either side has no summary. Of two
// proportions the interval ends at the whole scale.
// Error::usage when the units differ.
std::optional<MetricDifference> difference(const core::Metric* left, const core::Metric* right);

// A proportion's full scale: 100 for "%", 1 otherwise; nullopt when the metric is no proportion.
// Error::usage when a value lies outside the scale.
std::optional<double> proportion_scale(const core::Metric& metric);

// "t over seeds and test-set sampling", for tables and JSON.
const char* describe(IntervalPolicy policy);

// {mean, sd, n, lo, hi, policy}.
core::Json to_json(const Summary& summary);

}  // namespace ersatz::evaluate
