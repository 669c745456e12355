#include "evaluate/statistics.h"

#include <cmath>

#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

TEST(Statistics, MeanAndSampleDeviation) {
  EXPECT_DOUBLE_EQ(mean({2, 4, 9}), 5);
  EXPECT_DOUBLE_EQ(sample_sd({2, 4, 4, 4, 5, 5, 7, 9}), std::sqrt(32.0 / 7));
  EXPECT_EQ(sample_sd({3}), 0);
  EXPECT_ERSATZ_ERROR(mean({}), core::ExitCode::kInternal, "0 values");
}

TEST(Statistics, TIntervalOfThreeSeeds) {
  // mean 2, sd 1: half width t(0.975, 2) / sqrt(3).
  const Interval interval = t_interval({1, 2, 3});
  EXPECT_NEAR(interval.low, 2 - 2.4841377118, 1e-9);
  EXPECT_NEAR(interval.high, 2 + 2.4841377118, 1e-9);
  EXPECT_ERSATZ_ERROR(t_interval({1}), core::ExitCode::kInternal, "1 values");
}

TEST(Statistics, WilsonIntervalsOfTheLiterature) {
  // Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3.
  const struct {
    int successes, count;
    double low, high;
  } cases[] = {{81, 263, 0.2553, 0.3662},
               {15, 148, 0.0624, 0.1605},
               {0, 20, 0, 0.1611},
               {1, 29, 0.0061, 0.1718}};
  for (const auto& c : cases) {
    const Interval interval = wilson_interval(static_cast<double>(c.successes) / c.count, c.count);
    EXPECT_NEAR(interval.low, c.low, 6e-5);
    EXPECT_NEAR(interval.high, c.high, 6e-5);
  }
  EXPECT_EQ(wilson_interval(0, 10).low, 0);
  EXPECT_EQ(wilson_interval(1, 10).high, 1);
  EXPECT_ERSATZ_ERROR(wilson_interval(1.1, 10), core::ExitCode::kInternal, "proportion");
}

TEST(Statistics, SamplingVarianceNeverClaimsCertainty) {
  EXPECT_NEAR(std::sqrt(sampling_variance(0.052, 5000)) * 1.959964, 0.0061, 1e-4);
  EXPECT_GT(sampling_variance(0, 10000), 0);
  EXPECT_GT(sampling_variance(1, 10000), 0);
}

TEST(Statistics, CombinedIntervalIsAtLeastAsWideAsEitherNoise) {
  const std::vector<double> seeds = {0.050, 0.052, 0.054};
  const double sampling = sampling_variance(0.052, 10000);
  const Interval both = combined_interval({seeds, sampling});
  EXPECT_GT(both.half_width(), 1.959963 * std::sqrt(sampling));
  // Seeds that agree by luck: exactly the normal interval of the sampling noise.
  const Interval agreed = combined_interval({{0.052, 0.052, 0.052}, sampling});
  EXPECT_NEAR(agreed.half_width(), 1.959963984540054 * std::sqrt(sampling), 1e-12);
  // Welch-Satterthwaite by hand: s^2/n = 3, b = 1, dof = 16 / (9 / 2).
  const Interval by_hand = combined_interval({{0, 3, 6}, 1});
  EXPECT_NEAR(by_hand.half_width(), 2 * 2.9210, 2e-2);
}

TEST(Statistics, LargeAndSmallValuesAreOnlyAnotherUnit) {
  const Estimate left{{1, -1, 2}, 0.25}, right{{3, 5, 9}, 0};
  const Difference difference = welch_difference(left, right);
  for (const double unit : {std::ldexp(1.0, 270), std::ldexp(1.0, 500), std::ldexp(1.0, -500)}) {
    const auto scaled = [unit](Estimate estimate) {
      for (double& value : estimate.values) value *= unit;
      estimate.sampling_variance *= unit * unit;
      return estimate;
    };
    const Difference same = welch_difference(scaled(left), scaled(right));
    EXPECT_EQ(same.dof, difference.dof);
    EXPECT_EQ(same.interval.low, difference.interval.low * unit);
    EXPECT_EQ(same.interval.high, difference.interval.high * unit);
  }
  EXPECT_ERSATZ_ERROR(t_interval({1e200, -1e200, 2e200}), core::ExitCode::kNumeric, "variance");
}

TEST(Statistics, WelchDifferenceByHand) {
  // Variances of the means 1/3 and 5/3; dof = 4 / ((1/9)/2 + (25/9)/3).
  const Difference d = welch_difference({{1, 2, 3}, 0}, {{2, 4, 6, 8}, 0});
  EXPECT_DOUBLE_EQ(d.value, -3);
  EXPECT_NEAR(d.dof, 4.0754716981, 1e-9);
  EXPECT_FALSE(d.paired);
  EXPECT_NEAR(d.interval.half_width(), 2.7567 * std::sqrt(2.0), 0.005);
}

TEST(Statistics, PairingRemovesWhatSeedsShare) {
  const Estimate left{{10, 20, 30}, 0}, right{{11, 21.5, 30.5}, 0};
  const Difference paired = paired_difference(left, right);
  EXPECT_TRUE(paired.paired);
  EXPECT_DOUBLE_EQ(paired.value, -1);
  // sd 0.5: half width 4.3027 * 0.5 / sqrt(3).
  EXPECT_NEAR(paired.interval.half_width(), 1.24206885, 1e-7);
  EXPECT_GT(welch_difference(left, right).interval.half_width(), 20);
  EXPECT_ERSATZ_ERROR(paired_difference(left, {{1, 2}, 0}), core::ExitCode::kInternal, "unequal");
}

TEST(Statistics, NewcombeDifferenceOfTheLiterature) {
  // Newcombe 1998 (Statistics in Medicine 17, 873-890), table II, method 10: 56/70 - 48/80.
  const Difference d = newcombe_difference(56.0 / 70, 70, 48.0 / 80, 80);
  EXPECT_NEAR(d.interval.low, 0.0524, 5e-5);
  EXPECT_NEAR(d.interval.high, 0.3339, 5e-5);
}

TEST(Statistics, SpearmanWithTies) {
  EXPECT_NEAR(*spearman({1, 2, 3, 4, 5}, {5, 6, 7, 8, 7}), 0.8207826816681233, 1e-12);
  EXPECT_NEAR(*spearman({1, 2, 3}, {9, 4, 1}), -1, 1e-12);
  EXPECT_FALSE(spearman({1, 2, 3}, {4, 4, 4}));
  EXPECT_FALSE(spearman({1}, {4}));
}

}  // namespace
}  // namespace ersatz::evaluate
