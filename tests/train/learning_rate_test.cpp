#include "train/learning_rate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::train {
namespace {

TEST(LearningRate, ExponentialFallsInSteps) {
  EXPECT_DOUBLE_EQ(exponential_staircase(1e-3, 0.95, 10000, 0), 1e-3);
  EXPECT_DOUBLE_EQ(exponential_staircase(1e-3, 0.95, 10000, 9999), 1e-3);
  EXPECT_DOUBLE_EQ(exponential_staircase(1e-3, 0.95, 10000, 10000), 0.95e-3);
  EXPECT_NEAR(exponential_staircase(1e-3, 0.95, 10000, 187499), 1e-3 * std::pow(0.95, 18), 1e-15);
}

TEST(LearningRate, LinearReachesZeroAtTheEnd) {
  EXPECT_DOUBLE_EQ(linear_to_zero(2.0, 0, 100), 2.0);
  EXPECT_DOUBLE_EQ(linear_to_zero(2.0, 25, 100), 1.5);
  EXPECT_DOUBLE_EQ(linear_to_zero(2.0, 100, 100), 0.0);
}

TEST(LearningRate, CosineWithWarmUp) {
  EXPECT_DOUBLE_EQ(cosine(1.0, 0, 100), 1.0);
  EXPECT_NEAR(cosine(1.0, 50, 100), 0.5, 1e-12);
  EXPECT_NEAR(cosine(1.0, 25, 100), (1.0 + std::sqrt(0.5)) / 2, 1e-12);
  EXPECT_NEAR(cosine(1.0, 100, 100), 0.0, 1e-12);
  EXPECT_DOUBLE_EQ(cosine(1.0, 0, 110, 10), 0.1);
  EXPECT_DOUBLE_EQ(cosine(1.0, 9, 110, 10), 1.0);
  EXPECT_DOUBLE_EQ(cosine(1.0, 10, 110, 10), 1.0);
  EXPECT_NEAR(cosine(1.0, 60, 110, 10), 0.5, 1e-12);
}

// PyTorch: OneCycleLR(SGD(lr=1), max_lr=0.1, total_steps=10), the rate before each of ten updates.
TEST(LearningRate, ConstantAfterItsWarmUp) {
  LearningRateSchedule schedule;
  schedule.base = 2.0;
  EXPECT_EQ(schedule.at(0, 100), 2.0);
  schedule.warmup_steps = 4;
  EXPECT_EQ(schedule.at(0, 100), 0.5);
  EXPECT_EQ(schedule.at(2, 100), 1.5);
  EXPECT_EQ(schedule.at(3, 100), 2.0);
  EXPECT_EQ(schedule.at(99, 100), 2.0);
}

TEST(LearningRate, OneCycleEqualsPyTorch) {
  const double expected[] = {0.004,
                             0.052000000000000005,
                             0.1,
                             0.09504846320134738,
                             0.08117456539497631,
                             0.06112620219362893,
                             0.03887419780637107,
                             0.018825834605023695,
                             0.004951936798652626,
                             4e-07};
  for (int step = 0; step < 10; ++step) {
    EXPECT_NEAR(one_cycle(0.1, step, 10), expected[step], 1e-12) << step;
  }
}

OneCycle cycle_of(const core::Json& params) {
  OneCycle cycle;
  cycle.peak = params.at("max_lr").get<double>();
  cycle.warmup_fraction = params.value("pct_start", cycle.warmup_fraction);
  cycle.start_divisor = params.value("div_factor", cycle.start_divisor);
  cycle.final_divisor = params.value("final_div_factor", cycle.final_divisor);
  cycle.cosine = params.value("anneal_strategy", "cos") == "cos";
  cycle.three_phases = params.value("three_phase", false);
  cycle.base_momentum = params.value("base_momentum", cycle.base_momentum);
  cycle.max_momentum = params.value("max_momentum", cycle.max_momentum);
  return cycle;
}

void expect_like_pytorch(const core::Json& row) {
  SCOPED_TRACE(row.at("params").dump());
  const OneCycle cycle = cycle_of(row.at("params"));
  const auto total = static_cast<std::int64_t>(row.at("lr").size());
  for (std::int64_t step = 0; step < total; ++step) {
    const auto i = static_cast<std::size_t>(step);
    const double rate = row.at("lr")[i].get<double>();
    EXPECT_NEAR(cycle.rate(step, total), rate, 1e-12 * rate + 1e-17) << step;
    EXPECT_NEAR(cycle.momentum(step, total), row.at("momentum_or_beta1")[i].get<double>(), 1e-12)
        << step;
  }
}

TEST(LearningRate, OneCycleAndItsMomentumEqualPyTorch) {
  const core::Json rows = core::read_json(test::fixture("learning_rate/one_cycle.json")).at("rows");
  ASSERT_EQ(rows.size(), 6U);
  for (const core::Json& row : rows) expect_like_pytorch(row);
}

TEST(LearningRate, OneCycleEqualsPyTorchInAllSettings) {
  ERSATZ_REQUIRE_SHARED(file, "fixtures/onecycle/onecycle.json");
  const core::Json rows = core::read_json(file);
  ASSERT_EQ(rows.size(), 31U);
  for (const core::Json& row : rows) expect_like_pytorch(row);
}

TEST(LearningRate, OnlyOneCycleChangesBeta1) {
  LearningRateSchedule schedule;
  EXPECT_EQ(schedule.beta1(3, 10, 0.9), 0.9);
  schedule.kind = ScheduleKind::kOneCycle;
  EXPECT_EQ(schedule.beta1(0, 10, 0.9), 0.95);
  EXPECT_DOUBLE_EQ(schedule.beta1(2, 10, 0.9), 0.85);
  EXPECT_DOUBLE_EQ(schedule.beta1(9, 10, 0.9), 0.95);
}

TEST(LearningRate, SchedulesByName) {
  for (const char* name : {"constant", "exponential", "linear", "cosine", "one-cycle"}) {
    EXPECT_EQ(schedule_name(parse_schedule_kind(name)), name);
  }
  EXPECT_ERSATZ_ERROR(parse_schedule_kind("cosin"), core::ExitCode::kUsage, "'cosine'");
}

TEST(LearningRate, ScheduleObject) {
  LearningRateSchedule schedule;
  schedule.base = 0.5;
  EXPECT_EQ(schedule.at(77, 100), 0.5);
  schedule.kind = ScheduleKind::kLinear;
  EXPECT_EQ(schedule.at(77, 100), linear_to_zero(0.5, 77, 100));
  schedule.kind = ScheduleKind::kOneCycle;
  EXPECT_EQ(schedule.at(77, 100), one_cycle(0.5, 77, 100));
  schedule.kind = ScheduleKind::kExponential;
  schedule.decay_every = 10;
  EXPECT_EQ(schedule.at(77, 100), exponential_staircase(0.5, 0.95, 10, 77));
  schedule.kind = ScheduleKind::kCosine;
  schedule.warmup_steps = 5;
  EXPECT_EQ(schedule.at(77, 100), cosine(0.5, 77, 100, 5));
}

}  // namespace
}  // namespace ersatz::train
