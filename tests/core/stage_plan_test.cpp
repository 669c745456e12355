#include "core/stage_plan.h"

#include <gtest/gtest.h>

#include <chrono>

#include "core/file_system.h"
#include "core/machine.h"
#include "core/stage_executor.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

StageSpec stage(const std::string& name, std::vector<std::string> inputs,
                Json config = {{"a", 1}}) {
  StageSpec spec;
  spec.name = name;
  spec.kind = name;
  spec.inputs = std::move(inputs);
  spec.config = std::move(config);
  spec.work = 2;
  spec.seconds_per_work = 3;
  spec.body = [](StageContext& context) {
    write_file_atomic(context.dir() / "out", context.spec().name);
    return Json{{"ok", true}};
  };
  return spec;
}

class StagePlanTest : public ::testing::Test {
 protected:
  static StageGraph graph(int b_setting = 1) {
    StageGraph g;
    g.add(stage("a", {}));
    StageSpec b = stage("b", {"a"}, {{"b", b_setting}});
    b.intermediate = true;
    g.add(std::move(b));
    g.add(stage("c", {"b"}));
    return g;
  }
  std::vector<PlannedStage> plan(const StageGraph& g, PlanOptions options = {}) {
    return plan_stages(g, cache_, options);
  }
  void run(const StageGraph& g) { StageExecutor(cache_, plan(g), {}).run(); }
  test::TemporaryFolder folder_;
  StageCache cache_{folder_ / "cache"};
};

TEST_F(StagePlanTest, FirstEverythingRunsThenNothing) {
  const StageGraph g = graph();
  for (const auto& s : plan(g)) {
    EXPECT_EQ(s.fate, StageFate::kRun);
    EXPECT_EQ(s.reason, "never run");
    EXPECT_DOUBLE_EQ(s.expected_seconds, 6);
    EXPECT_FALSE(s.measured_cost);
  }
  run(g);
  for (const auto& s : plan(g)) EXPECT_EQ(s.fate, StageFate::kReuse);
}

TEST_F(StagePlanTest, AChangedSettingRunsWhatDependsOnItAndSaysWhy) {
  run(graph());
  const StageGraph changed = graph(2);
  const auto now = plan(changed);
  EXPECT_EQ(now[0].fate, StageFate::kReuse);
  EXPECT_EQ(now[1].fate, StageFate::kRun);
  EXPECT_EQ(now[1].reason, "b: 1 -> 2");
  EXPECT_EQ(now[2].reason, "input b changed");
  EXPECT_TRUE(now[1].measured_cost);
}

TEST_F(StagePlanTest, AnIntermediateStageRunsOnlyForAConsumer) {
  const StageGraph g = graph();
  run(g);
  remove_tree(cache_.entry_dir("b", plan(g)[1].key));
  EXPECT_EQ(plan(g)[1].fate, StageFate::kNotNeeded);
  remove_tree(cache_.entry_dir("c", plan(g)[2].key));
  EXPECT_EQ(plan(g)[1].fate, StageFate::kRun);
}

TEST_F(StagePlanTest, AnIntermediateStageAskedForByNameRuns) {
  const StageGraph g = graph();
  PlanOptions options;
  options.only = "b";
  const auto now = plan(g, options);
  ASSERT_EQ(now.size(), 2U);
  EXPECT_EQ(now[1].fate, StageFate::kRun);
}

TEST_F(StagePlanTest, ForceFromAndOnly) {
  const StageGraph g = graph();
  run(g);
  PlanOptions options;
  options.from = "b";
  auto now = plan(g, options);
  EXPECT_EQ(now[0].fate, StageFate::kReuse);
  EXPECT_EQ(now[1].reason, "--from");
  EXPECT_EQ(now[2].reason, "follows a forced stage");
  options = {};
  options.force = true;
  EXPECT_EQ(plan(g, options)[0].reason, "forced");
  options = {};
  options.only = "a";
  EXPECT_EQ(plan(g, options).size(), 1U);
  options.only = "zzz";
  EXPECT_ERSATZ_ERROR(plan(g, options), ExitCode::kUsage, "unknown stage 'zzz'");
}

// An interrupted forced attempt is continued by its own run, not taken for what it was to replace.
// Whoever forces anew wants nothing of what was begun before.
TEST_F(StagePlanTest, WhatIsForcedGoesOnFromItsOwnCheckpointOnly) {
  const StageGraph g = graph();
  run(g);
  PlanOptions options;
  options.from = "b";
  auto now = plan(g, options);
  const auto state = cache_.partial_dir("b", now[1].key) / "checkpoint" / "state";
  write_file_atomic(state, "x");
  now = plan(g, options);
  EXPECT_TRUE(now[1].forced);
  EXPECT_FALSE(now[1].checkpointed);
  EXPECT_EQ(now[1].reason, "--from");

  // A run that began after "b" was there, and is continued.
  options.since = utc_now();
  std::filesystem::last_write_time(
      state, std::filesystem::last_write_time(state) - std::chrono::seconds(5));
  now = plan(g, options);
  EXPECT_TRUE(now[1].forced);
  EXPECT_FALSE(now[1].checkpointed) << "from before the run";
  std::filesystem::last_write_time(
      state, std::filesystem::last_write_time(state) + std::chrono::seconds(60));
  now = plan(g, options);
  EXPECT_FALSE(now[0].forced);
  EXPECT_TRUE(now[1].checkpointed);
  EXPECT_TRUE(now[1].forced);
  EXPECT_TRUE(now[2].forced);
}

// A run that began when "b" was there already and has made it again since, but not yet "c".
TEST_F(StagePlanTest, WhatAContinuedRunHasMadeAgainIsNotForced) {
  const StageGraph g = graph();
  run(g);
  const auto before = plan(g);
  const auto entry = [&](std::size_t stage) {
    return *cache_.find(before[stage].spec->kind, before[stage].key);
  };
  PlanOptions options;
  options.from = "b";
  options.since = entry(2).finished;  // of the last; the others may be a second older
  ASSERT_EQ(options.since.size(), 20U) << "2026-01-02T03:04:05Z";
  auto now = plan(g, options);
  EXPECT_EQ(now[0].fate, StageFate::kReuse);
  EXPECT_TRUE(now[1].forced);
  EXPECT_TRUE(now[2].forced);
  // A year before: all of it was made since then.
  options.since[3] = static_cast<char>(options.since[3] - 1);
  now = plan(g, options);
  EXPECT_EQ(now[1].fate, StageFate::kReuse);
  EXPECT_FALSE(now[1].forced);
  EXPECT_EQ(now[2].fate, StageFate::kReuse);
  remove_tree(entry(2).dir);
  now = plan(g, options);
  EXPECT_EQ(now[1].fate, StageFate::kReuse);
  EXPECT_TRUE(now[2].forced) << "what follows is still to be made again";
}

TEST_F(StagePlanTest, NumericsJoinOnlyNumericKeys) {
  StageGraph g;
  StageSpec exact = stage("exact", {});
  exact.numeric = false;
  g.add(std::move(exact));
  g.add(stage("float", {}));
  PlanOptions two_threads, four_threads;
  two_threads.numerics = "threads=2";
  four_threads.numerics = "threads=4";
  EXPECT_EQ(plan(g, two_threads)[0].key, plan(g, four_threads)[0].key);
  EXPECT_NE(plan(g, two_threads)[1].key, plan(g, four_threads)[1].key);
}

TEST_F(StagePlanTest, HowBatchesAreDividedCountsForCollectiveStagesAlone) {
  StageGraph g;
  StageSpec together = stage("together", {});
  together.collective = true;
  g.add(std::move(together));
  g.add(stage("alone", {}));
  PlanOptions plain, divided;
  plain.numerics = divided.numerics = "threads=2";
  divided.collective_numerics = "threads=2 parts=4";
  EXPECT_NE(plan(g, plain)[0].key, plan(g, divided)[0].key);
  EXPECT_EQ(plan(g, plain)[1].key, plan(g, divided)[1].key);
}

TEST_F(StagePlanTest, TextAndJsonNameEveryStage) {
  const StageGraph g = graph();
  const std::string text = plan_text(plan(g), true);
  EXPECT_NE(text.find("never run"), std::string::npos);
  EXPECT_NE(text.find("3 stages to run, 0 reused; expected time 18.0 s"), std::string::npos)
      << text;
  EXPECT_EQ(plan_json(plan(g)).size(), 3U);
}

TEST(StageGraph, RefusesDuplicatesAndUnknownInputs) {
  StageGraph g;
  g.add(stage("a", {}));
  EXPECT_ERSATZ_ERROR(g.add(stage("a", {})), ExitCode::kInternal, "two stages");
  EXPECT_ERSATZ_ERROR(g.add(stage("b", {"nope"})), ExitCode::kInternal, "not declared before");
}

}  // namespace
}  // namespace ersatz::core
