// The frame around every training: what happens in which order, and what a continued one does
// again.
#include "train/training_loop.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::train {
namespace {

using core::ExitCode;

// One number that grows by one with every update; writes down what it is asked for.
class Counter final : public Trainee {
 public:
  std::vector<LoggedLoss> losses() override { return {{"loss", &meter_}}; }
  void load(const Checkpoint& saved) override {
    value_ = saved.tensors.at("value").clone();
    calls += "load ";
  }
  void begin(std::int64_t step) override { calls += "begin" + std::to_string(step) + " "; }
  void update(std::int64_t step) override {
    value_ += 1;
    meter_.add(torch::full({}, static_cast<float>(step)), step + 1);
    calls += "update ";
  }
  core::Json line(std::int64_t /*step*/) override {
    calls += "line ";
    return {{"mean_seen_by_line", meter_.mean()}};
  }
  void after_update(std::int64_t /*step*/, const MetricsLog& /*log*/) override {
    calls += "after ";
  }
  void show(std::int64_t /*step*/) override { calls += "show "; }
  models::NamedTensors tensors(std::int64_t /*step*/) const override {
    saves += 1;
    calls += "save ";
    return {{"value", value_.clone()}};
  }

  float value() const { return value_.item<float>(); }
  mutable std::string calls;
  mutable int saves = 0;

 private:
  torch::Tensor value_ = torch::zeros({1});
  LossMeter meter_{"the counter's loss"};
};

class TrainingLoop : public ::testing::Test {
 protected:
  TrainingRun run() const {
    TrainingRun run;
    run.checkpoint_folder = folder_ / "checkpoints";
    run.metrics_file = folder_ / "metrics.jsonl";
    run.checkpoint_every = 2;
    run.log_every = 2;
    return run;
  }
  test::TemporaryFolder folder_;
};

TEST_F(TrainingLoop, SavesBeforeItShows) {
  Counter counter;
  const TrainingOutcome outcome = run_training(counter, run(), {{"training", "counter"}}, 3, 10);
  EXPECT_EQ(counter.calls,
            "begin0 update after show update line after save show update line after save show ");
  EXPECT_EQ(outcome.steps, 3);
  EXPECT_TRUE(outcome.finished);
  EXPECT_FLOAT_EQ(static_cast<float>(outcome.loss), 2) << "of the last interval: step 2 alone";
}

TEST_F(TrainingLoop, ContinuesWhereItStoppedWithTheSameLog) {
  Counter whole;
  run_training(whole, run(), {{"training", "counter"}}, 5, 10);
  const auto lines = [this] {
    std::vector<core::Json> all;
    std::istringstream text(core::read_file(folder_ / "metrics.jsonl"));
    for (std::string line; std::getline(text, line);) {
      all.push_back(core::Json::parse(line));
      all.back().erase("images_per_second");
    }
    return all;
  };
  const std::vector<core::Json> expected = lines();
  ASSERT_EQ(expected.size(), 3U);
  EXPECT_EQ(expected[0].at("loss"), 0.5);
  EXPECT_EQ(expected[0].at("mean_seen_by_line"), 0.5);
  core::remove_tree(folder_ / "checkpoints");
  core::remove_tree(folder_ / "metrics.jsonl");

  TrainingRun stopped = run();
  stopped.stop_after = 3;  // in the middle of an interval of the log
  Counter first, second;
  EXPECT_FALSE(run_training(first, stopped, {{"training", "counter"}}, 5, 10).finished);
  const TrainingOutcome outcome = run_training(second, run(), {{"training", "counter"}}, 5, 10);
  EXPECT_EQ(second.calls.substr(0, 12), "load begin3 ");
  EXPECT_EQ(second.value(), whole.value());
  EXPECT_EQ(outcome.steps, 5);
  EXPECT_EQ(lines(), expected);
}

TEST_F(TrainingLoop, AnotherTrainingsCheckpointIsRefused) {
  Counter first, second;
  run_training(first, run(), {{"training", "counter"}, {"rate", 1}}, 2, 10);
  EXPECT_ERSATZ_ERROR(run_training(second, run(), {{"training", "counter"}, {"rate", 2}}, 2, 10),
                      ExitCode::kUsage, "rate");
  EXPECT_EQ(second.calls, "");
}

TEST_F(TrainingLoop, AFinishedTrainingDoesNothingAgain) {
  Counter first, second;
  run_training(first, run(), {{"training", "counter"}}, 2, 10);
  const TrainingOutcome outcome = run_training(second, run(), {{"training", "counter"}}, 2, 10);
  EXPECT_EQ(second.calls, "load begin2 ");
  EXPECT_TRUE(outcome.finished);
  EXPECT_EQ(outcome.images_per_second, 0);
  EXPECT_FLOAT_EQ(static_cast<float>(outcome.loss), 0.5F) << "what the first one logged last";
}

}  // namespace
}  // namespace ersatz::train
