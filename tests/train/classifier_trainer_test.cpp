#include "train/classifier_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <csignal>
#include <limits>

#include "compute/threads.h"
#include "core/file_system.h"
#include "core/json.h"
#include "support/test_support.h"
#include "train/classifier_evaluation.h"
#include "train/synthetic_digits.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;

ClassifierTraining tiny_training(std::int64_t steps) {
  ClassifierTraining training;
  training.network = {4, 6, 24, 10, 0.4};
  training.steps = steps;
  training.batch_size = 20;
  training.learning_rate.base = 3e-3;
  return training;
}

TrainingRun run_in(const fs::path& folder, std::int64_t checkpoint_every = 4) {
  TrainingRun run;
  run.checkpoint_folder = folder / "checkpoints";
  run.metrics_file = folder / "metrics.jsonl";
  run.seed = 5;
  run.checkpoint_every = checkpoint_every;
  run.log_every = 3;
  return run;
}

TEST(ClassifierTrainer, LearnsASmallSetByHeart) {
  const test::TemporaryFolder folder;
  const data::LabelledImages images = test::synthetic_digits(30, 1);
  ClassifierTraining training = tiny_training(250);
  training.network.dropout = 0;
  const ClassifierTrainingResult result =
      train_classifier(images, training, run_in(folder.path(), 100), folder / "w.safetensors");
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.steps, 250);
  EXPECT_LT(result.loss, 0.1);
  EXPECT_GT(result.images_per_second, 0);
  EXPECT_EQ(error_percent(classify(folder / "w.safetensors", images), images.labels), 0.0);
  EXPECT_EQ(classify(folder / "w.safetensors", images, "cpu", 7),
            classify(folder / "w.safetensors", images, "cpu", 30));
}

TEST(ClassifierTrainer, ResumedEqualsUninterruptedBitForBit) {
  compute::use_threads();
  const test::TemporaryFolder whole, parts;
  const data::LabelledImages images = test::synthetic_digits(33, 2);
  const ClassifierTraining training = tiny_training(12);
  const auto uninterrupted =
      train_classifier(images, training, run_in(whole.path()), whole / "w.safetensors");
  // Once between checkpoints and logs, once at a checkpoint.
  for (const std::int64_t stop : {5, 8}) {
    TrainingRun run = run_in(parts.path());
    run.stop_after = stop;
    const auto part = train_classifier(images, training, run, parts / "w.safetensors");
    EXPECT_FALSE(part.finished);
    EXPECT_EQ(part.steps, stop);
    EXPECT_FALSE(fs::exists(parts / "w.safetensors"));
    at::manual_seed(99);  // a new process starts with other generator states
  }
  const auto resumed =
      train_classifier(images, training, run_in(parts.path()), parts / "w.safetensors");
  EXPECT_TRUE(resumed.finished);
  EXPECT_EQ(resumed.loss, uninterrupted.loss);
  EXPECT_EQ(core::read_file(parts / "w.safetensors"), core::read_file(whole / "w.safetensors"));

  // The logs agree in everything but speed.
  const auto losses = [](const fs::path& file) {
    std::istringstream lines(core::read_file(file));
    std::vector<std::pair<std::int64_t, double>> result;
    for (std::string line; std::getline(lines, line);) {
      const core::Json parsed = core::Json::parse(line);
      result.emplace_back(parsed["step"].get<std::int64_t>(), parsed["loss"].get<double>());
    }
    return result;
  };
  EXPECT_EQ(losses(parts / "metrics.jsonl"), losses(whole / "metrics.jsonl"));
  EXPECT_EQ(losses(whole / "metrics.jsonl").size(), 4U);
}

TEST(ClassifierTrainer, ADamagedCheckpointIsNotContinued) {
  const test::TemporaryFolder whole, damaged;
  const data::LabelledImages images = test::synthetic_digits(33, 2);
  const ClassifierTraining training = tiny_training(10);
  train_classifier(images, training, run_in(whole.path()), whole / "w.safetensors");
  TrainingRun run = run_in(damaged.path());
  run.stop_after = 9;  // checkpoints at 8 and 9
  train_classifier(images, training, run, damaged / "w.safetensors");
  for (const auto& entry : fs::directory_iterator(run.checkpoint_folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    std::string bytes = core::read_file(entry.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    core::write_file_atomic(entry.path(), bytes);
  }
  run.stop_after = 0;
  train_classifier(images, training, run, damaged / "w.safetensors");
  EXPECT_EQ(core::read_file(damaged / "w.safetensors"), core::read_file(whole / "w.safetensors"));
}

TEST(ClassifierTrainer, SeedsGiveOtherNetworks) {
  const test::TemporaryFolder a, b;
  const data::LabelledImages images = test::synthetic_digits(30, 1);
  TrainingRun run = run_in(b.path());
  run.seed = 6;
  train_classifier(images, tiny_training(3), run_in(a.path()), a / "w");
  train_classifier(images, tiny_training(3), run, b / "w");
  EXPECT_NE(core::read_file(a / "w"), core::read_file(b / "w"));
}

TEST(ClassifierTrainer, NanStopsTheRunWithExit20) {
  const test::TemporaryFolder folder;
  const data::LabelledImages images = test::synthetic_digits(30, 1);
  ClassifierTraining training = tiny_training(20);
  training.learning_rate.base = std::numeric_limits<double>::infinity();
  EXPECT_ERSATZ_ERROR(
      train_classifier(images, training, run_in(folder.path()), folder / "w.safetensors"),
      core::ExitCode::kNumeric, "step 2");
  EXPECT_FALSE(fs::exists(folder / "w.safetensors"));
  // The last update of a run has no loss after it: the weights themselves are looked at.
  const test::TemporaryFolder one;
  training.steps = 1;
  EXPECT_ERSATZ_ERROR(train_classifier(images, training, run_in(one.path()), one / "w.safetensors"),
                      core::ExitCode::kNumeric, "step 1");
}

TEST(ClassifierTrainer, RefusesWhatCannotBeTrained) {
  const test::TemporaryFolder folder;
  const TrainingRun run = run_in(folder.path());
  data::LabelledImages images = test::synthetic_digits(30, 1);
  EXPECT_ERSATZ_ERROR(train_classifier({}, tiny_training(1), run, folder / "w"),
                      core::ExitCode::kUsage, "no images");
  images.labels[3] = 10;
  EXPECT_ERSATZ_ERROR(train_classifier(images, tiny_training(1), run, folder / "w"),
                      core::ExitCode::kUsage, "label 10");
  images.labels[3] = 0;
  EXPECT_ERSATZ_ERROR(train_classifier(images, tiny_training(0), run, folder / "w"),
                      core::ExitCode::kUsage, "at least one step");
  train_classifier(images, tiny_training(2), run, folder / "w");
  EXPECT_ERSATZ_ERROR(train_classifier(images, tiny_training(3), run, folder / "w"),
                      core::ExitCode::kUsage, "'steps' is 2 there and 3 here");
}

TEST(ClassifierEvaluation, ErrorPercent) {
  EXPECT_EQ(error_percent({1, 2, 3, 4}, {1, 2, 3, 5}), 25.0);
  EXPECT_ERSATZ_ERROR(error_percent({}, {}), core::ExitCode::kUsage, "at least one image");
  EXPECT_ERSATZ_ERROR(error_percent({1}, {1, 2}), core::ExitCode::kInternal, "1 predictions");
}

}  // namespace
}  // namespace ersatz::train
