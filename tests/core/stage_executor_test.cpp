#include "core/stage_executor.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include "core/error.h"
#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

class StageExecutorTest : public ::testing::Test {
 protected:
  // A stage that counts its runs and appends its name to its input's text.
  StageSpec stage(const std::string& name, std::vector<std::string> inputs) {
    StageSpec spec;
    spec.name = spec.kind = name;
    spec.inputs = std::move(inputs);
    spec.config = Json::object();
    spec.body = [this, name](StageContext& context) {
      ++runs_[name];
      std::string text;
      for (const std::string& input : context.spec().inputs) {
        text += read_file(context.input(input) / "out");
      }
      write_file_atomic(context.dir() / "out", text + name);
      return Json{{"name", name}};
    };
    return spec;
  }
  FinishedStages run(const StageGraph& graph, ExecutorOptions options = {}) {
    return StageExecutor(cache_, plan_stages(graph, cache_, {}), std::move(options)).run();
  }
  test::TemporaryFolder folder_;
  StageCache cache_{folder_ / "cache"};
  std::map<std::string, int> runs_;
};

TEST_F(StageExecutorTest, RunsOnceAndPassesFilesOn) {
  StageGraph graph;
  graph.add(stage("a", {}));
  graph.add(stage("b", {"a"}));
  EXPECT_EQ(read_file(run(graph).dir("b") / "out"), "ab");
  const FinishedStages again = run(graph);
  EXPECT_EQ(again.summary("b")["name"], "b");
  EXPECT_EQ(runs_["a"], 1);
  EXPECT_EQ(runs_["b"], 1);
}

// A stage that fails after its training goes on with the checkpoint, and with the log beside it.
TEST_F(StageExecutorTest, AContinuedTrainingKeepsItsLog) {
  StageGraph graph;
  StageSpec training = stage("a", {});
  int attempts = 0;
  training.body = [&](StageContext& context) {
    if (++attempts == 1) {
      write_file_atomic(context.checkpoint_dir() / "state", "trained");
      write_file_atomic(context.training_log(), "{}\n");
    }
    if (attempts == 1) throw Error::io("write", context.dir(), ENOSPC);
    return Json::object();
  };
  graph.add(training);
  EXPECT_ERSATZ_ERROR(run(graph), ExitCode::kDiskFull, "in stage a");
  EXPECT_EQ(read_file(run(graph).dir("a") / "metrics.jsonl"), "{}\n");
  EXPECT_EQ(attempts, 2);
}

// Without a checkpoint it starts anew, and so does its log.
TEST_F(StageExecutorTest, AnAttemptWithoutACheckpointLeavesNothing) {
  StageGraph graph;
  StageSpec training = stage("a", {});
  int attempts = 0;
  training.body = [&](StageContext& context) {
    EXPECT_TRUE(fs::is_empty(context.checkpoint_dir()));
    EXPECT_FALSE(fs::exists(context.dir() / "metrics.jsonl"));
    write_file_atomic(context.dir() / "metrics.jsonl", "{}\n");
    if (++attempts == 1) fs::rename(context.dir() / "none", context.dir() / "some");
    return Json::object();
  };
  graph.add(training);
  EXPECT_ERSATZ_ERROR(run(graph), ExitCode::kMissing, "in stage a");
  run(graph);
  EXPECT_EQ(attempts, 2);
}

// What a stage keeps of its checkpoint is still there when the stage fails after that.
TEST_F(StageExecutorTest, WhatIsKeptOfACheckpointStaysThere) {
  StageGraph graph;
  StageSpec making = stage("a", {});
  int attempts = 0, made = 0;
  making.body = [&](StageContext& context) {
    const fs::path folder = context.checkpoint_dir() / "made";
    if (!fs::exists(folder)) {
      ++made;
      write_file_atomic(folder / "one" / "1", "first");
      write_file_atomic(folder / "2", "second");
    }
    context.keep(folder / "one", "some/ones");
    context.keep(folder / "2");
    if (++attempts == 1) throw Error::io("write", context.dir(), ENOSPC);
    return Json::object();
  };
  graph.add(making);
  EXPECT_ERSATZ_ERROR(run(graph), ExitCode::kDiskFull, "in stage a");
  const fs::path entry = run(graph).dir("a");
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(read_file(entry / "some/ones/1"), "first");
  EXPECT_EQ(read_file(entry / "2"), "second");
  EXPECT_FALSE(fs::exists(entry / "checkpoint"));
  EXPECT_EQ(fs::hard_link_count(entry / "2"), 1);
}

TEST_F(StageExecutorTest, WhatIsForcedRunsAndSoDoesWhatFollows) {
  StageGraph graph;
  graph.add(stage("a", {}));
  graph.add(stage("b", {"a"}));
  graph.add(stage("c", {"b"}));
  run(graph);
  PlanOptions options;
  options.from = "b";
  // As an interrupted attempt leaves it.
  const std::string key = plan_stages(graph, cache_, options)[1].key;
  write_file_atomic(cache_.partial_dir("b", key) / "checkpoint" / "state", "x");
  StageExecutor(cache_, plan_stages(graph, cache_, options), {}).run();
  EXPECT_EQ(runs_, (std::map<std::string, int>{{"a", 1}, {"b", 2}, {"c", 2}}));
}

TEST_F(StageExecutorTest, ADamagedInputIsMadeAgain) {
  StageGraph graph;
  graph.add(stage("a", {}));
  graph.add(stage("b", {"a"}));
  const FinishedStages first = run(graph);
  const fs::path file = first.dir("a") / "out";
  write_file_atomic(file, "A");  // same size, other content
  const FinishedStages second = run(graph);
  EXPECT_EQ(read_file(second.dir("a") / "out"), "a");
  EXPECT_EQ(runs_["a"], 2);
}

TEST_F(StageExecutorTest, AnUndeclaredInputIsABug) {
  StageGraph graph;
  graph.add(stage("a", {}));
  StageSpec sneaky = stage("b", {});
  sneaky.body = [](StageContext& context) { return Json(context.input("a").string()); };
  graph.add(std::move(sneaky));
  EXPECT_ERSATZ_ERROR(run(graph), ExitCode::kInternal, "without declaring it");
}

TEST_F(StageExecutorTest, AFailureNamesItsStageAndLeavesNoEntry) {
  StageGraph graph;
  StageSpec bad = stage("bad", {});
  bad.body = [](StageContext& context) -> Json {
    write_file_atomic(context.dir() / "half", "x");
    throw Error::numeric("loss", "step 7");
  };
  graph.add(std::move(bad));
  EXPECT_ERSATZ_ERROR(run(graph), ExitCode::kNumeric, "in stage bad");
  EXPECT_TRUE(cache_.entries("bad").empty());
}

TEST_F(StageExecutorTest, KeepGoingSkipsOnlyWhatDependsOnTheFailure) {
  StageGraph graph;
  StageSpec bad = stage("bad", {});
  bad.body = [](StageContext&) -> Json { throw Error::numeric("loss", "step 7"); };
  graph.add(std::move(bad));
  graph.add(stage("after", {"bad"}));
  graph.add(stage("other", {}));
  ExecutorOptions options;
  options.keep_going = true;
  const FinishedStages finished = run(graph, options);
  EXPECT_TRUE(finished.has("other"));
  EXPECT_FALSE(finished.has("after"));
  EXPECT_NE(finished.failure("after").value().find("bad failed"), std::string::npos);
  EXPECT_NE(finished.failure("bad").value().find("step 7"), std::string::npos);
}

TEST_F(StageExecutorTest, AnInterruptedStageKeepsItsCheckpointAndNothingElse) {
  StageGraph graph;
  int attempt = 0;
  StageSpec spec = stage("s", {});
  spec.body = [&attempt](StageContext& context) -> Json {
    if (++attempt == 1) {
      write_file_atomic(context.checkpoint_dir() / "step", "5");
      write_file_atomic(context.dir() / "half", "x");
      throw Interrupted(SIGINT);
    }
    EXPECT_FALSE(fs::exists(context.dir() / "half"));
    return Json{{"resumed_at", read_file(context.checkpoint_dir() / "step")}};
  };
  graph.add(std::move(spec));
  EXPECT_ERSATZ_ERROR(run(graph), ExitCode::kInterrupted, "interrupted");
  EXPECT_TRUE(plan_stages(graph, cache_, {})[0].checkpointed);
  EXPECT_EQ(run(graph).summary("s")["resumed_at"], "5");
}

// Forced means made again, also what an attempt before had made half of.
TEST_F(StageExecutorTest, AForcedStageBeginsAnew) {
  StageGraph graph;
  int attempt = 0;
  StageSpec spec = stage("s", {});
  spec.body = [&attempt](StageContext& context) -> Json {
    const bool continued = fs::exists(context.checkpoint_dir() / "step");
    if (++attempt == 1) {
      write_file_atomic(context.checkpoint_dir() / "step", "5");
      throw Interrupted(SIGINT);
    }
    return Json{{"continued", continued}};
  };
  graph.add(std::move(spec));
  EXPECT_ERSATZ_ERROR(run(graph), ExitCode::kInterrupted, "interrupted");
  PlanOptions force;
  force.force = true;
  StageExecutor executor(cache_, plan_stages(graph, cache_, force), {});
  EXPECT_EQ(executor.run().summary("s")["continued"], false);
}

}  // namespace
}  // namespace ersatz::core
