#include "train/pixelda_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "core/file_system.h"
#include "support/test_support.h"
#include "train/synthetic_digits.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;

PixelDaTraining tiny_training(std::int64_t steps) {
  PixelDaTraining training;
  training.network.generator_filters = 4;
  training.network.residual_blocks = 1;
  training.network.discriminator_filters = 4;
  training.network.task_filters = 3;
  training.network.task_hidden_units = 8;
  training.steps = steps;
  training.batch_size = 6;
  return training;
}

TrainingRun run_in(const fs::path& folder) {
  TrainingRun run;
  run.checkpoint_folder = folder / "checkpoints";
  run.metrics_file = folder / "metrics.jsonl";
  run.seed = 5;
  run.checkpoint_every = 3;
  run.log_every = 2;
  return run;
}

TEST(PixelDaTrainer, LossesAreFiniteAndLogged) {
  const test::TemporaryFolder folder;
  PixelDaTraining training = tiny_training(4);
  training.similarity_weight = 0.5;
  const auto result = train_pixelda(test::synthetic_digits(20, 1), test::synthetic_digits(9, 2),
                                    training, run_in(folder.path()), folder / "g.safetensors");
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.steps, 4);
  EXPECT_TRUE(std::isfinite(result.discriminator_loss));
  EXPECT_TRUE(std::isfinite(result.generator_loss));
  // At the start every classifier guesses: 2 ln 2 + 2 ln 10 and ln 2 + ln 10.
  EXPECT_NEAR(result.discriminator_loss, 2 * std::log(2) + 2 * std::log(10), 0.5);
  EXPECT_GT(result.generator_loss, 2.5);
  const std::string log = core::read_file(folder / "metrics.jsonl");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
}

TEST(PixelDaTrainer, ResumedEqualsUninterruptedBitForBit) {
  const test::TemporaryFolder whole, parts;
  const auto source = test::synthetic_digits(20, 1), target = test::synthetic_digits(3, 2);
  const PixelDaTraining training = tiny_training(7);
  const auto uninterrupted =
      train_pixelda(source, target, training, run_in(whole.path()), whole / "g");
  TrainingRun run = run_in(parts.path());
  run.stop_after = 5;
  EXPECT_FALSE(train_pixelda(source, target, training, run, parts / "g").finished);
  at::manual_seed(4711);
  run.stop_after = 0;
  const auto resumed = train_pixelda(source, target, training, run, parts / "g");
  EXPECT_EQ(resumed.generator_loss, uninterrupted.generator_loss);
  EXPECT_EQ(resumed.discriminator_loss, uninterrupted.discriminator_loss);
  EXPECT_EQ(core::read_file(parts / "g"), core::read_file(whole / "g"));
}

TEST(PixelDaTrainer, BothNetworksLearn) {
  const test::TemporaryFolder one, other;
  const auto source = test::synthetic_digits(20, 1), target = test::synthetic_digits(9, 2);
  PixelDaTraining training = tiny_training(2);
  train_pixelda(source, target, training, run_in(one.path()), one / "g");
  training.style_weight = 0;
  train_pixelda(source, target, training, run_in(other.path()), other / "g");
  EXPECT_NE(core::read_file(one / "g"), core::read_file(other / "g"));
}

TEST(PixelDaTrainer, NanStopsTheRunWithExit20) {
  const test::TemporaryFolder folder;
  PixelDaTraining training = tiny_training(5);
  training.learning_rate.base = std::numeric_limits<double>::infinity();
  EXPECT_ERSATZ_ERROR(train_pixelda(test::synthetic_digits(20, 1), test::synthetic_digits(9, 2),
                                    training, run_in(folder.path()), folder / "g"),
                      core::ExitCode::kNumeric, "step 1");
  EXPECT_FALSE(fs::exists(folder / "g"));
}

TEST(PixelDaTrainer, RefusesWhatCannotBeTrained) {
  const test::TemporaryFolder folder;
  const TrainingRun run = run_in(folder.path());
  const auto digits = test::synthetic_digits(20, 1);
  EXPECT_ERSATZ_ERROR(train_pixelda({28, 28, {}, {}}, digits, tiny_training(1), run, folder / "g"),
                      core::ExitCode::kUsage, "no images");
  data::LabelledImages small{2, 2, {1, 2, 3, 4}, {0}};
  EXPECT_ERSATZ_ERROR(train_pixelda(small, digits, tiny_training(1), run, folder / "g"),
                      core::ExitCode::kUsage, "28x28, not 2x2");
  PixelDaTraining training = tiny_training(1);
  training.batch_size = 1;
  EXPECT_ERSATZ_ERROR(train_pixelda(digits, digits, training, run, folder / "g"),
                      core::ExitCode::kUsage, "two images per batch");
}

}  // namespace
}  // namespace ersatz::train
