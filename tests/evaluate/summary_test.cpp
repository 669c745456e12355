#include "evaluate/summary.h"

#include <cmath>

#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

using core::Metric;

Metric metric(std::vector<double> values, std::string unit = "%", std::int64_t count = 10000) {
  Metric m;
  m.id = "test.error";
  m.unit = std::move(unit);
  for (std::size_t i = 0; i < values.size(); ++i) m.seeds.push_back(static_cast<int>(i) + 1);
  m.values = std::move(values);
  m.sample_count = count;
  return m;
}

TEST(Summary, ThreeSeedsCombineBothNoises) {
  const Metric m = metric({5.0, 5.2, 5.4});
  const auto summary = summarise(&m);
  ASSERT_TRUE(summary);
  EXPECT_DOUBLE_EQ(summary->mean, 5.2);
  EXPECT_NEAR(summary->sd, 0.2, 1e-12);
  EXPECT_EQ(summary->n, 3U);
  EXPECT_EQ(summary->policy, IntervalPolicy::kSeedsAndSampling);
  EXPECT_FALSE(summary->few_seeds());
  // 10,000 images at 5.2 % alone: 0.435 points.
  EXPECT_GT(summary->interval->half_width(), 0.435);
}

TEST(Summary, OneSeedKnowsOnlyTheTestSet) {
  const Metric m = metric({5.2}, "%", 5000);
  const auto summary = summarise(&m);
  EXPECT_EQ(summary->policy, IntervalPolicy::kSampling);
  EXPECT_TRUE(summary->few_seeds());
  EXPECT_NEAR(summary->interval->half_width(), 0.615, 0.005);
  EXPECT_EQ(to_json(*summary)["interval"], "test-set sampling only: few seeds");
}

TEST(Summary, OneSeedOfSomethingElseHasNoInterval) {
  const Metric m = metric({812}, "images/s", 0);
  EXPECT_EQ(summarise(&m)->policy, IntervalPolicy::kNone);
  EXPECT_FALSE(summarise(&m)->interval);
  EXPECT_FALSE(to_json(*summarise(&m)).contains("lo"));
}

TEST(Summary, ThreeSeedsOfSomethingElse) {
  const Metric m = metric({1, 2, 3}, "s", 0);
  EXPECT_EQ(summarise(&m)->policy, IntervalPolicy::kSeeds);
  EXPECT_NEAR(summarise(&m)->interval->half_width(), 2.4841377, 1e-6);
}

TEST(Summary, ADeviationOfItsOwnIsSamplingNoise) {
  Metric m = metric({0.5}, "", 0);
  m.sampling_sd = 0.02;
  const auto one = summarise(&m);
  EXPECT_EQ(one->policy, IntervalPolicy::kSampling);
  EXPECT_TRUE(one->few_seeds());
  EXPECT_NEAR(one->interval->half_width(), 1.959964 * 0.02, 1e-6);
  // Not clamped: a gap may be negative.
  Metric gap = metric({0.01}, "", 0);
  gap.sampling_sd = 0.02;
  EXPECT_LT(summarise(&gap)->interval->low, 0);
  // Seeds that agree leave the noise of the test set.
  Metric three = metric({0.5, 0.5, 0.5}, "", 0);
  EXPECT_EQ(summarise(&three)->policy, IntervalPolicy::kSeeds);
  three.sampling_sd = 0.02;
  EXPECT_EQ(summarise(&three)->policy, IntervalPolicy::kSeedsAndSampling);
  EXPECT_NEAR(summarise(&three)->interval->half_width(), 1.959964 * 0.02, 1e-6);
}

TEST(Summary, StaysInsideTheScaleOfAProportion) {
  const Metric low = metric({0, 0, 0.3}), high = metric({1, 1, 0.98}, "", 100);
  EXPECT_EQ(summarise(&low)->interval->low, 0);
  EXPECT_EQ(summarise(&high)->interval->high, 1);
  const Metric wrong = metric({101});
  EXPECT_ERSATZ_ERROR(summarise(&wrong), core::ExitCode::kUsage, "outside 0..100");
}

// A mean of F1 over classes has no test items of its own, and is a percentage all the same.
TEST(Summary, StaysInsideTheScaleOfAPercentage) {
  Metric f1 = metric({100, 98, 100}, "%", 0);
  f1.sampling_sd = 2;
  EXPECT_EQ(summarise(&f1)->interval->high, 100);
  Metric one = metric({1}, "%", 0);
  one.sampling_sd = 2;
  EXPECT_EQ(summarise(&one)->interval->low, 0);
  // Differences.
  const Metric points = metric({99, 100, 95}, "points", 0);
  EXPECT_GT(summarise(&points)->interval->high, 100);
  const Metric change = metric({-3, 120, 95}, "%", 0);
  EXPECT_LT(summarise(&change)->interval->low, 0);
}

TEST(Summary, NothingMeasuredIsNothing) {
  const Metric none = metric({}), nan = metric({1, std::nan(""), 2});
  EXPECT_FALSE(summarise(nullptr));
  EXPECT_FALSE(summarise(&none));
  EXPECT_FALSE(summarise(&nan));
  EXPECT_FALSE(difference(&none, &nan));
}

TEST(MetricDifferenceTest, PairsEqualSeedsInAnyOrder) {
  Metric left = metric({10, 20, 30}, "s", 0), right = metric({30.5, 21.5, 11}, "s", 0);
  right.seeds = {3, 2, 1};
  const auto d = difference(&left, &right);
  EXPECT_TRUE(d->paired);
  EXPECT_NEAR(d->interval->half_width(), 1.24206885, 1e-7);
  right.seeds = {3, 2, 4};
  EXPECT_FALSE(difference(&left, &right)->paired);
  right.seeds = {3, 3, 3};
  left.seeds = {3, 3, 3};
  EXPECT_FALSE(difference(&left, &right)->paired) << "seeds that repeat name no pairs";
}

TEST(MetricDifferenceTest, FewSeedsUseTheTestSetsNoise) {
  const Metric left = metric({4.0}), right = metric({5.0, 5.2});
  const auto d = difference(&left, &right);
  EXPECT_NEAR(d->value, -1.1, 1e-12);
  EXPECT_EQ(d->policy, IntervalPolicy::kSampling);
  EXPECT_LT(d->interval->high, 0);
  const Metric speed = metric({5.0}, "%", 0);
  EXPECT_FALSE(difference(&left, &speed)->interval);
}

TEST(MetricDifferenceTest, DeviationsOfBothSidesAdd) {
  Metric left = metric({0.5}, "", 0), right = metric({0.4, 0.44}, "", 0);
  left.sampling_sd = 0.03;
  EXPECT_FALSE(difference(&left, &right)->interval);
  right.sampling_sd = 0.04;
  const auto d = difference(&left, &right);
  EXPECT_NEAR(d->value, 0.08, 1e-12);
  EXPECT_EQ(d->policy, IntervalPolicy::kSampling);
  EXPECT_NEAR(d->interval->half_width(), 1.959964 * 0.05, 1e-6);
}

TEST(MetricDifferenceTest, OfProportionsIsAWholeAtMost) {
  const Metric none = metric({0, 0, 0}, "%", 12), all = metric({100, 90, 100}, "%", 12);
  EXPECT_EQ(difference(&all, &none)->interval->high, 100);
  EXPECT_EQ(difference(&none, &all)->interval->low, -100);
  const Metric longer = metric({300, 310, 320}, "s", 0), shorter = metric({1, 2, 3}, "s", 0);
  EXPECT_GT(difference(&longer, &shorter)->interval->high, 100);
}

TEST(MetricDifferenceTest, RefusesDifferentUnits) {
  const Metric left = metric({4.0}), right = metric({5.0}, "s", 0);
  EXPECT_ERSATZ_ERROR(difference(&left, &right), core::ExitCode::kUsage, "'s'");
}

}  // namespace
}  // namespace ersatz::evaluate
