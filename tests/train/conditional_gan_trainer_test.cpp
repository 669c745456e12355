#include "train/conditional_gan_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "core/file_system.h"
#include "core/json.h"
#include "support/test_support.h"
#include "train/conditional_gan_step.h"
#include "train/synthetic_digits.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kNames = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

ConditionalGanTraining tiny_training(std::int64_t steps) {
  ConditionalGanTraining training;
  training.network.label_dimensions = 4;
  training.network.latent_dimensions = 6;
  training.network.generator_filters = 16;
  training.network.discriminator_filters = 16;
  training.steps = steps;
  training.batch_size = 8;
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

ConditionalGanFiles files_in(const test::TemporaryFolder& folder) {
  return {folder / "g", folder / "d", {{3, folder / "g3"}}};
}

std::vector<core::Json> log_of(const test::TemporaryFolder& folder) {
  std::vector<core::Json> lines;
  std::istringstream text(core::read_file(folder / "metrics.jsonl"));
  for (std::string line; std::getline(text, line);) lines.push_back(core::Json::parse(line));
  return lines;
}

ConditionalGanResult train(const test::TemporaryFolder& folder, const TrainingRun& run,
                           const ConditionalGanTraining& training) {
  return train_conditional_gan(test::synthetic_digits(30, 1), kNames, training, run,
                               files_in(folder));
}

TEST(ConditionalGanTrainer, LossesAndAccuraciesAreLogged) {
  const test::TemporaryFolder folder;
  const auto result = train(folder, run_in(folder.path()), tiny_training(4));
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.steps, 4);
  const std::vector<core::Json> lines = log_of(folder);
  ASSERT_EQ(lines.size(), 2U);
  // At the start both networks guess.
  for (const char* loss :
       {"discriminator_loss_real", "discriminator_loss_fake", "generator_loss"}) {
    EXPECT_NEAR(lines[0].at(loss).get<double>(), std::log(2), 0.2) << loss;
  }
  for (const char* accuracy : {"discriminator_accuracy_real", "discriminator_accuracy_fake"}) {
    EXPECT_GE(lines[1].at(accuracy).get<double>(), 0) << accuracy;
    EXPECT_LE(lines[1].at(accuracy).get<double>(), 1) << accuracy;
  }
  EXPECT_EQ(lines[1].at("step"), 4);
  EXPECT_EQ(lines[1].at("generator_loss").get<double>(), result.generator_loss);
  EXPECT_TRUE(fs::exists(folder / "g") && fs::exists(folder / "d"));
  EXPECT_NE(core::read_file(folder / "g3"), core::read_file(folder / "g"));
}

TEST(ConditionalGanTrainer, ResumedEqualsUninterruptedBitForBit) {
  const test::TemporaryFolder whole, parts;
  const ConditionalGanTraining training = tiny_training(7);
  const auto uninterrupted = train(whole, run_in(whole.path()), training);
  TrainingRun run = run_in(parts.path());
  run.stop_after = 5;
  EXPECT_FALSE(train(parts, run, training).finished);
  at::manual_seed(4711);
  run.stop_after = 0;
  train(parts, run, training);
  // Once more, with nothing left to do: the result is still known.
  const auto resumed = train(parts, run, training);
  EXPECT_TRUE(resumed.finished);
  EXPECT_EQ(resumed.generator_loss, uninterrupted.generator_loss);
  EXPECT_EQ(resumed.discriminator_accuracy_real, uninterrupted.discriminator_accuracy_real);
  for (const char* file : {"g", "g3", "d"}) {
    EXPECT_EQ(core::read_file(parts / file), core::read_file(whole / file)) << file;
  }
  const auto interval = [](const core::Json& line) { return line.at("generator_loss"); };
  ASSERT_EQ(log_of(parts).size(), log_of(whole).size());
  for (std::size_t i = 0; i < log_of(whole).size(); ++i) {
    EXPECT_EQ(interval(log_of(parts)[i]), interval(log_of(whole)[i]));
  }
}

TEST(ConditionalGanTrainer, AShorterTrainingIsTheBeginningOfALongerOne) {
  const test::TemporaryFolder whole, short_one;
  train(whole, run_in(whole.path()), tiny_training(6));
  train(short_one, run_in(short_one.path()), tiny_training(3));
  EXPECT_EQ(core::read_file(short_one / "g"), core::read_file(whole / "g3"));
}

// What one update changes: the discriminator by both halves, the generator by its own alone.
TEST(ConditionalGanStep, TheDiscriminatorStaysWhileTheGeneratorLearns) {
  const ConditionalGanTraining training = tiny_training(1);
  const ImageSet set(test::synthetic_digits(30, 1), torch::kCPU, 10);
  ConditionalGanStep one(training, 1, torch::kCPU);
  const models::NamedTensors before = one.weights();
  one.update(set.gather({0, 1, 2, 3}, 127.5, -1), 0);
  int changed = 0;
  for (const auto& [name, tensor] : one.weights()) {
    const bool same = torch::equal(tensor, before.at(name));
    changed += same ? 0 : 1;
    // Adam's step is at most the learning rate per update (once the signs agree): two updates of
    // the discriminator, one of the generator.
    const double most = (tensor - before.at(name)).abs().max().item<double>();
    const bool generator = name.rfind("generator/", 0) == 0;
    EXPECT_LE(most, (generator ? 1 : 2.1) * 2e-4 * 1.001) << name;
  }
  EXPECT_GT(changed, 15);
  for (const torch::Tensor& parameter : one.discriminator().parameters()) {
    EXPECT_TRUE(parameter.requires_grad());
    EXPECT_FALSE(parameter.grad().defined());
  }
}

TEST(ConditionalGanStep, BinaryCrossEntropyOfTheProbability) {
  const torch::Tensor logits = torch::tensor({-3.0, 0.0, 2.5}).view({3, 1});
  const torch::Tensor p = torch::sigmoid(logits);
  EXPECT_NEAR(binary_cross_entropy(logits, true).item<double>(),
              -torch::log(p).mean().item<double>(), 1e-6);
  EXPECT_NEAR(binary_cross_entropy(logits, false).item<double>(),
              -torch::log(1 - p).mean().item<double>(), 1e-6);
}

TEST(ConditionalGanTrainer, NanStopsTheRunWithExit20) {
  const test::TemporaryFolder folder;
  ConditionalGanTraining training = tiny_training(5);
  training.learning_rate = std::numeric_limits<double>::infinity();
  EXPECT_ERSATZ_ERROR(train(folder, run_in(folder.path()), training), core::ExitCode::kNumeric,
                      "step 1");
  EXPECT_FALSE(fs::exists(folder / "g"));
}

TEST(ConditionalGanTrainer, RefusesWhatCannotBeTrained) {
  const test::TemporaryFolder folder;
  const TrainingRun run = run_in(folder.path());
  ConditionalGanTraining training = tiny_training(1);
  training.batch_size = 7;
  EXPECT_ERSATZ_ERROR(train(folder, run, training), core::ExitCode::kUsage,
                      "a batch of 7 cannot be half real");
  training = tiny_training(1);
  const data::LabelledImages small{2, 2, {1, 2, 3, 4}, {0}};
  EXPECT_ERSATZ_ERROR(train_conditional_gan(small, kNames, training, run, files_in(folder)),
                      core::ExitCode::kUsage, "28x28, not 2x2");
  EXPECT_ERSATZ_ERROR(
      train_conditional_gan({28, 28, {}, {}}, kNames, training, run, files_in(folder)),
      core::ExitCode::kUsage, "no images");
  EXPECT_ERSATZ_ERROR(
      train_conditional_gan(test::synthetic_digits(10, 1), {"a"}, training, run, files_in(folder)),
      core::ExitCode::kUsage, "1 class names");
}

TEST(ConditionalGanTrainer, AnEpochIsTheWholeBatches) {
  EXPECT_EQ(batches_per_epoch(3068, 64), 47);
  EXPECT_EQ(batches_per_epoch(3068, 128), 23);
  EXPECT_EQ(batches_per_epoch(10, 64), 1);
}

}  // namespace
}  // namespace ersatz::train
