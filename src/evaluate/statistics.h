// Means, intervals and differences over seeds.
//
// Two sources of noise reach a test metric, and neither replaces the other:
//   seeds     training again gives another network: variance s^2 / n of the mean of n seeds;
//   sampling  another test set of m items would give another proportion: p (1 - p) / m, shared by
//             all seeds when they are tested on the same items, so it does not shrink with n.
// An Estimate keeps both; the variance of the mean is their sum, v = s^2 / n + b, and its interval
// uses Student's t with the Welch-Satterthwaite degrees of freedom v^2 / ((s^2 / n)^2 / (n - 1)),
// the sampling part counting as known. So an interval is never narrower than the test set allows,
// approaches the plain t interval over seeds when b = 0, and the normal one when the seeds agree.
//
// Intervals throw Error::numeric (20) for values so large that their variance is not finite.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ersatz::evaluate {

inline constexpr double kLevel = 0.95;  // of every interval Ersatz prints

struct Interval {
  double low = 0, high = 0;
  bool contains(double value) const { return low <= value && value <= high; }
  double half_width() const { return (high - low) / 2; }
};

double mean(const std::vector<double>& values);       // Error::internal when empty
double sample_sd(const std::vector<double>& values);  // n - 1; 0 for a single value

// The value below which `share` (in [0, 1]) of the values lie, interpolated between neighbours
// (type 7 of Hyndman and Fan 1996). Error::internal when empty.
double sample_quantile(std::vector<double> values, double share);

// Student t interval of the mean of n >= 2 values (no sampling noise).
Interval t_interval(const std::vector<double>& values, double level = kLevel);

// Wilson's score interval of a proportion in [0, 1] observed on `count` items (E. B. Wilson, 1927).
Interval wilson_interval(double proportion, std::int64_t count, double level = kLevel);

// p (1 - p) / m with the Agresti-Coull adjustment (z^2 / 2 successes and failures added), so that
// 0 errors in m items do not claim certainty. Proportion in [0, 1].
double sampling_variance(double proportion, std::int64_t count, double level = kLevel);

// Sampling noise of an estimate of the mean over seeds.
struct Estimate {
  std::vector<double> values;    // one per seed
  double sampling_variance = 0;  // b above, in the squared unit of the values; 0: none known
};

// For n >= 2 seeds.
Interval combined_interval(const Estimate& estimate, double level = kLevel);

struct Difference {
  double value = 0;  // mean of left - mean of right
  Interval interval;
  double dof = 0;  // infinity: only sampling noise
  bool paired = false;
};

// Welch's difference of two means over independent seeds, both with >= 2 values. The covariance of
// two networks tested on the same items is not known (it is positive), so both sampling variances
// are added: the interval is on the wide side.
Difference welch_difference(const Estimate& left, const Estimate& right, double level = kLevel);

// The same for seeds that correspond (value i of both sides had the same seed: same data draw).
// Sizes must be equal and >= 2.
Difference paired_difference(const Estimate& left, const Estimate& right, double level = kLevel);

// Difference of two proportions in [0, 1] from their Wilson intervals (R. G. Newcombe, 1998,
// method 10): for one or two seeds, where only sampling noise is known.
Difference newcombe_difference(double left, std::int64_t left_count, double right,
                               std::int64_t right_count, double level = kLevel);

// Spearman's rank correlation, ties by mean rank; nullopt when a side is constant or n < 2.
std::optional<double> spearman(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace ersatz::evaluate
