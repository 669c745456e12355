#include "evaluate/benchmarks/rank_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "core/error.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

// By going through every way to choose which of n + m places the left sample has.
double counted_below(std::size_t n, std::size_t m, double u) {
  std::vector<int> is_left(n + m, 0);
  std::fill(is_left.end() - static_cast<std::ptrdiff_t>(n), is_left.end(), 1);
  double all = 0, below = 0;
  do {
    double pairs = 0, right = 0;
    for (const int left : is_left) (left == 1 ? pairs += right : right += 1);
    all += 1;
    below += pairs <= u ? 1 : 0;
  } while (std::next_permutation(is_left.begin(), is_left.end()));
  return below / all;
}

TEST(MannWhitney, TheDistributionIsThatOfAllOrders) {
  for (const auto& [n, m] : {std::pair{1U, 1U}, {3U, 3U}, {2U, 5U}, {5U, 5U}, {6U, 4U}}) {
    for (unsigned u = 0; u <= n * m; ++u) {
      EXPECT_NEAR(mann_whitney_below(n, m, u), counted_below(n, m, u), 1e-12)
          << n << " " << m << " " << u;
    }
  }
  EXPECT_EQ(mann_whitney_below(3, 3, -1), 0);
}

TEST(MannWhitney, LargeSamplesAreNearlyNormal) {
  // On both sides of the border between exact and approximate.
  for (const double u : {900.0, 1100.0, 1250.0, 1400.0}) {
    EXPECT_NEAR(mann_whitney_below(50, 50, u), mann_whitney_below(51, 50, u + 25), 0.01) << u;
  }
}

TEST(MannWhitney, KnownValues) {
  EXPECT_EQ(mann_whitney_u({1, 2, 3}, {4, 5}), 0);
  EXPECT_EQ(mann_whitney_u({4, 5}, {1, 2, 5}), 4.5);
  EXPECT_NEAR(mann_whitney_p({1, 2, 3}, {4, 5, 6}), 0.1, 1e-12);
  EXPECT_NEAR(mann_whitney_p({1, 2, 3, 4}, {5, 6, 7, 8}), 2.0 / 70, 1e-12);
  EXPECT_EQ(mann_whitney_p({1, 1, 1}, {1, 1, 1}), 1);
  EXPECT_EQ(mann_whitney_p({}, {1}), 1);
}

TEST(RatioEstimate, NeedsEnoughRepetitions) {
  const std::vector<double> three = {1, 2, 3}, four = {1, 2, 3, 4}, five = {1, 2, 3, 4, 5};
  EXPECT_FALSE(ratio_estimate(three, three, 0.95));
  EXPECT_TRUE(ratio_estimate(four, four, 0.95));
  EXPECT_FALSE(ratio_estimate(four, four, 0.99));
  EXPECT_TRUE(ratio_estimate(five, five, 0.99));
  EXPECT_FALSE(ratio_estimate({}, five, 0.95));
}

TEST(RatioEstimate, FindsTheRatioWhateverTheUnit) {
  const std::vector<double> left = {1.00, 1.01, 0.99, 1.02, 0.98};
  std::vector<double> right;
  for (const double value : left) right.push_back(value * 1.1 * 1e9);
  std::vector<double> scaled;
  for (const double value : left) scaled.push_back(value * 1e9);
  const auto estimate = ratio_estimate(scaled, right, 0.99);
  ASSERT_TRUE(estimate);
  EXPECT_NEAR(estimate->ratio, 1.1, 1e-9);
  EXPECT_LT(estimate->interval.low, 1.1);
  EXPECT_GT(estimate->interval.high, 1.1);
  EXPECT_GT(estimate->interval.low, 1.05);
  const auto reversed = ratio_estimate(right, scaled, 0.99);
  EXPECT_NEAR(reversed->ratio, 1 / estimate->ratio, 1e-12);
  EXPECT_NEAR(reversed->interval.low, 1 / estimate->interval.high, 1e-12);
}

TEST(RatioEstimate, OneOutlierChangesLittle) {
  const auto estimate =
      ratio_estimate({1, 1.01, 0.99, 1.02, 0.98, 1}, {1.01, 1, 0.99, 1.02, 9, 0.98}, 0.95);
  EXPECT_NEAR(estimate->ratio, 1, 0.02);
}

TEST(RatioEstimate, TheIntervalCoversAsOftenAsItSays) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> noise(0, 0.05);
  int covered = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> left(6), right(6);
    for (double& value : left) value = noise(random);
    for (double& value : right) value = 1.2 * noise(random);
    covered += ratio_estimate(left, right, 0.95)->interval.contains(1.2) ? 1 : 0;
  }
  // The test is discrete, so it covers at least that often: exactly 95.9 % for 6 and 6.
  EXPECT_GT(covered, kTrials * 0.945);
  EXPECT_LT(covered, kTrials * 0.975);
}

TEST(RatioEstimate, RefusesWhatHasNoLogarithm) {
  EXPECT_ERSATZ_ERROR(ratio_estimate({1, 0}, {1, 1}, 0.95), core::ExitCode::kNumeric, "positive");
  EXPECT_ERSATZ_ERROR(ratio_estimate({1, 1}, {1, std::numeric_limits<double>::quiet_NaN()}, 0.95),
                      core::ExitCode::kNumeric, "positive");
}

}  // namespace
}  // namespace ersatz::evaluate
