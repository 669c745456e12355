#include "train/photo_classifier_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <sstream>

#include "compute/threads.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "models/classifier_file.h"
#include "models/module_state.h"
#include "support/test_support.h"
#include "train/epoch_batches.h"
#include "train/photo_batches.h"
#include "train/photo_evaluation.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

constexpr int kSide = 20;

// Pictures of coloured discs: class k has its own colour, place and size vary.
data::PhotoSet discs(std::int64_t per_class, std::uint64_t seed) {
  const std::vector<std::string> classes = {"red", "green", "blue"};
  std::vector<std::uint8_t> labels;
  for (std::int64_t i = 0; i < 3 * per_class; ++i)
    labels.push_back(static_cast<std::uint8_t>(i % 3));
  const auto picture = [&](std::int64_t i) {
    core::Stream random(seed, "discs", static_cast<std::uint64_t>(i));
    const float x0 = random.uniform(6, 14), y0 = random.uniform(6, 14), r = random.uniform(3, 6);
    data::RgbImage image{kSide, kSide, {}};
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const float dx = static_cast<float>(x) - x0, dy = static_cast<float>(y) - y0;
        for (int c = 0; c < 3; ++c) {
          const bool lit = dx * dx + dy * dy < r * r && c == i % 3;
          image.pixels.push_back(static_cast<std::uint8_t>((lit ? 150 : 60) + random.below(40)));
        }
      }
    }
    return image;
  };
  return data::prepare_photos(classes, labels, picture, {kSide, kSide});
}

PhotoTraining small_training(std::int64_t epochs) {
  PhotoTraining training;
  training.network.name = "resnet10";
  training.network.width = 16;
  training.network.small_stem = true;
  training.epochs = epochs;
  training.batch_size = 8;
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

std::vector<core::Json> log_lines(const fs::path& file) {
  std::istringstream lines(core::read_file(file));
  std::vector<core::Json> result;
  for (std::string line; std::getline(lines, line);) {
    result.push_back(core::Json::parse(line));
    result.back().erase("images_per_second");
  }
  return result;
}

TEST(PhotoClassifierTrainer, LearnsToTellDiscsApart) {
  const test::TemporaryFolder folder;
  const data::PhotoSet train = discs(20, 1), validation = discs(8, 2);
  const PhotoTrainingResult result = train_photo_classifier(
      train, validation, small_training(6), run_in(folder.path(), 1000), folder / "w.safetensors");
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.steps, 6 * 8);  // 60 photos, 8 at a time
  ASSERT_EQ(result.epochs.size(), 6U);
  EXPECT_EQ(result.epochs[5].epoch, 6);
  EXPECT_GT(result.epochs[5].train_accuracy, 0.9);
  EXPECT_EQ(result.epochs[5].validation_accuracy, 1.0);
  EXPECT_LT(result.epochs[5].validation_loss, 0.3);
  EXPECT_GT(result.epochs[0].train_loss, result.epochs[5].train_loss);

  // The file says the same as the last epoch.
  const models::LoadedClassifier loaded = models::load_image_classifier(folder / "w.safetensors");
  EXPECT_EQ(loaded.description.classes, train.classes);
  const PhotoEvaluation again =
      evaluate_photos(*loaded.network, validation, data::pixel_scaling(loaded.description.scaling));
  EXPECT_EQ(again.accuracy, 1.0);
  EXPECT_EQ(again.loss, result.epochs[5].validation_loss);
  const std::vector<core::Json> lines = log_lines(folder / "metrics.jsonl");
  EXPECT_EQ(lines.size(), 16U + 6U);
  EXPECT_EQ(lines.back().at("epoch"), 6);
}

TEST(PhotoClassifierTrainer, ResumedEqualsUninterruptedBitForBit) {
  compute::use_threads();
  const test::TemporaryFolder whole, parts;
  const data::PhotoSet train = discs(7, 1), validation = discs(3, 2);
  const PhotoTraining training = small_training(4);  // 3 steps an epoch, the last of 5 photos
  const auto uninterrupted = train_photo_classifier(train, validation, training,
                                                    run_in(whole.path()), whole / "w.safetensors");
  // Within an epoch, at the end of one, at a checkpoint.
  for (const std::int64_t stop : {2, 3, 6, 8}) {
    TrainingRun run = run_in(parts.path());
    run.stop_after = stop;
    const auto part =
        train_photo_classifier(train, validation, training, run, parts / "w.safetensors");
    EXPECT_FALSE(part.finished);
    EXPECT_EQ(part.steps, stop);
    EXPECT_EQ(part.epochs.size(), static_cast<std::size_t>(stop / 3));
    EXPECT_FALSE(fs::exists(parts / "w.safetensors"));
    at::manual_seed(99);  // a new process starts with other generator states
  }
  const auto resumed = train_photo_classifier(train, validation, training, run_in(parts.path()),
                                              parts / "w.safetensors");
  EXPECT_TRUE(resumed.finished);
  EXPECT_EQ(core::read_file(parts / "w.safetensors"), core::read_file(whole / "w.safetensors"));
  EXPECT_EQ(log_lines(parts / "metrics.jsonl"), log_lines(whole / "metrics.jsonl"));
  ASSERT_EQ(resumed.epochs.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(to_json(resumed.epochs[i]), to_json(uninterrupted.epochs[i]));
  }
}

TEST(PhotoClassifierTrainer, SqueezeNetResumesBitForBitThroughItsDropout) {
  compute::use_threads();
  const test::TemporaryFolder whole, parts;
  const data::PhotoSet train = discs(2, 1), validation = discs(1, 2);
  data::PhotoSet larger = train, larger_validation = validation;
  const auto enlarge = [](const data::PhotoSet& set) {
    return data::prepare_photos(
        set.classes, set.images.labels,
        [&](std::int64_t i) {
          const auto* pixels = set.images.image(static_cast<std::size_t>(i));
          return data::RgbImage{kSide, kSide, {pixels, pixels + set.images.image_bytes()}};
        },
        {32, 32});
  };
  PhotoTraining training;
  training.network.name = "squeezenet1_0";
  training.batch_size = 3;
  training.epochs = 2;
  train_photo_classifier(enlarge(train), enlarge(validation), training, run_in(whole.path()),
                         whole / "w");
  TrainingRun run = run_in(parts.path());
  run.stop_after = 3;
  train_photo_classifier(enlarge(train), enlarge(validation), training, run, parts / "w");
  at::manual_seed(99);
  run.stop_after = 0;
  train_photo_classifier(enlarge(train), enlarge(validation), training, run, parts / "w");
  EXPECT_EQ(core::read_file(parts / "w"), core::read_file(whole / "w"));
}

TEST(PhotoClassifierTrainer, BeginsWithPretrainedWeights) {
  const test::TemporaryFolder folder;
  const data::PhotoSet train = discs(4, 1), validation = discs(2, 2);
  PhotoTraining training = small_training(1);
  models::ClassifierArchitecture other = training.network;
  other.classes = 11;
  const auto network = models::make_image_classifier(other, 77);
  models::save_safetensors(folder / "pretrained.safetensors", models::module_state(*network));
  training.pretrained = folder / "pretrained.safetensors";
  training.learning_rate = {ScheduleKind::kConstant, 1e-12};
  const auto result = train_photo_classifier(train, validation, training, run_in(folder.path()),
                                             folder / "w.safetensors");
  EXPECT_EQ(result.replaced_head, (std::vector<std::string>{"fc.bias", "fc.weight"}));
  const auto trained = models::load_image_classifier(folder / "w.safetensors");
  EXPECT_TRUE(torch::allclose(models::module_state(*trained.network).at("layer3.0.conv1.weight"),
                              models::module_state(*network).at("layer3.0.conv1.weight"), 0, 1e-9));
}

TEST(PhotoClassifierTrainer, SeedsGiveOtherNetworks) {
  const test::TemporaryFolder a, b;
  const data::PhotoSet train = discs(4, 1), validation = discs(2, 2);
  TrainingRun run = run_in(b.path());
  run.seed = 6;
  train_photo_classifier(train, validation, small_training(1), run_in(a.path()), a / "w");
  train_photo_classifier(train, validation, small_training(1), run, b / "w");
  EXPECT_NE(core::read_file(a / "w"), core::read_file(b / "w"));
}

TEST(PhotoClassifierTrainer, NanStopsTheRunWithExit20) {
  const test::TemporaryFolder folder;
  PhotoTraining training = small_training(3);
  training.learning_rate.base = std::numeric_limits<double>::infinity();
  EXPECT_ERSATZ_ERROR(train_photo_classifier(discs(4, 1), discs(2, 2), training,
                                             run_in(folder.path()), folder / "w"),
                      ExitCode::kNumeric, "step 2");
  EXPECT_FALSE(fs::exists(folder / "w"));
}

TEST(PhotoClassifierTrainer, RefusesWhatCannotBeTrained) {
  const test::TemporaryFolder folder;
  const TrainingRun run = run_in(folder.path());
  const data::PhotoSet train = discs(4, 1), validation = discs(2, 2);
  data::PhotoSet none = train;
  none.images = {};
  EXPECT_ERSATZ_ERROR(
      train_photo_classifier(none, validation, small_training(1), run, folder / "w"),
      ExitCode::kUsage, "no photos to train on");
  EXPECT_ERSATZ_ERROR(train_photo_classifier(train, none, small_training(1), run, folder / "w"),
                      ExitCode::kUsage, "no photos to validate on");
  data::PhotoSet others = validation;
  others.classes[1] = "yellow";
  EXPECT_ERSATZ_ERROR(train_photo_classifier(train, others, small_training(1), run, folder / "w"),
                      ExitCode::kUsage, "different classes");
  EXPECT_ERSATZ_ERROR(
      train_photo_classifier(train, validation, small_training(0), run, folder / "w"),
      ExitCode::kUsage, "at least one epoch");
  PhotoTraining one = small_training(1);
  one.batch_size = 11;  // 12 photos: one is left, and its last features are a single pixel
  one.network.small_stem = false;
  EXPECT_ERSATZ_ERROR(train_photo_classifier(train, validation, one, run, folder / "w"),
                      ExitCode::kUsage, "more than one pixel");
  PhotoTraining training = small_training(1);
  training.scaling = "imagenet-bgr";
  EXPECT_ERSATZ_ERROR(train_photo_classifier(train, validation, training, run, folder / "w"),
                      ExitCode::kUsage, "pixel scaling");
  fs::remove_all(run.checkpoint_folder);
  train_photo_classifier(train, validation, small_training(1), run, folder / "w");
  EXPECT_ERSATZ_ERROR(
      train_photo_classifier(train, validation, small_training(2), run, folder / "w"),
      ExitCode::kUsage, "'epochs' is 1 there and 2 here");
}

TEST(PhotoClassifierTrainer, DescribesItsRecipe) {
  const core::Json text = describe(PhotoTraining{});
  EXPECT_EQ(text.at("network"), "resnet18");
  EXPECT_EQ(text.at("batch_size"), 32);
  EXPECT_EQ(text.at("epochs"), 5);
  EXPECT_EQ(text.at("learning_rate").at("kind"), "one-cycle");
  EXPECT_EQ(text.at("learning_rate").at("base"), 1e-4);
  EXPECT_EQ(text.at("augmentation").at("rotation"), 30);
}

TEST(PhotoClassifierTrainer, TheBestIsChosenByValidation) {
  const auto result = [](double accuracy, double loss) {
    PhotoTrainingResult one;
    one.epochs.push_back({1, 0, 0, 0, 1.0});  // earlier epochs do not count
    one.epochs.push_back({2, 0, 0, loss, accuracy});
    return one;
  };
  EXPECT_EQ(best_by_validation({result(0.8, 1), result(0.9, 2)}), 1U);
  EXPECT_EQ(best_by_validation({result(0.9, 1), result(0.9, 2)}), 0U);
  EXPECT_EQ(best_by_validation({result(0.9, 2), result(0.9, 1)}), 1U);
  EXPECT_EQ(best_by_validation({result(0.9, 2), result(0.9, 2)}), 0U);
  EXPECT_ERSATZ_ERROR(best_by_validation({}), ExitCode::kInternal, "no trainings");
  EXPECT_ERSATZ_ERROR(best_by_validation({result(1, 1), {}}), ExitCode::kInternal,
                      "finished epoch");
}

TEST(PhotoEvaluation, DoesNotDependOnTheBatch) {
  const data::PhotoSet photos = discs(5, 1);
  PhotoTraining training = small_training(1);
  training.network.classes = 3;
  training.network.zero_init_residual = false;
  const auto network = models::make_image_classifier(training.network, 1);
  network->train();
  EvaluationRun one, many;
  one.batch_size = 1;
  many.batch_size = 7;
  const data::PixelScaling scaling;
  const PhotoEvaluation a = evaluate_photos(*network, photos, scaling, one);
  const PhotoEvaluation b = evaluate_photos(*network, photos, scaling, many);
  EXPECT_TRUE(network->is_training());
  EXPECT_EQ(a.predictions, b.predictions);
  EXPECT_NEAR(a.loss, b.loss, 1e-5);
  ASSERT_EQ(a.probabilities.size(), 45U);
  for (std::size_t i = 0; i < 45; i += 3) {
    EXPECT_NEAR(a.probabilities[i] + a.probabilities[i + 1] + a.probabilities[i + 2], 1, 1e-5);
  }
  const PhotoFeatures features = photo_features(*network, photos, scaling, many);
  EXPECT_EQ(features.width, 128);
  EXPECT_EQ(features.values.size(), 15U * 128U);

  data::PhotoSet wrong = photos;
  wrong.images.labels[4] = 3;
  EXPECT_ERSATZ_ERROR(evaluate_photos(*network, wrong, scaling), ExitCode::kUsage, "more classes");
  wrong.images = {};
  EXPECT_ERSATZ_ERROR(evaluate_photos(*network, wrong, scaling), ExitCode::kUsage, "no photos");
}

TEST(PhotoBatches, AreScaledAugmentedAndKeyed) {
  const data::PhotoSet photos = discs(3, 1);
  const data::PixelScaler scaler(data::pixel_scaling("plain-rgb"));
  const PhotoBatch plain = photo_batch(photos, {4, 2}, scaler);
  EXPECT_EQ(plain.images.sizes(), (std::vector<std::int64_t>{2, 3, kSide, kSide}));
  EXPECT_TRUE(plain.images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(plain.labels[0].item<std::int64_t>(), 1);
  EXPECT_FLOAT_EQ(plain.images[1][2][5][7].item<float>(),
                  static_cast<float>(photos.images.image(2)[(5 * kSide + 7) * 3 + 2]) / 255);
  const data::Augmentation recipe;
  const PhotoBatch two = augmented_batch(photos, {4, 2}, scaler, recipe, 1, 0);
  const PhotoBatch one = augmented_batch(photos, {2}, scaler, recipe, 1, 0);
  EXPECT_TRUE(torch::equal(two.images[1], one.images[0]));  // whatever the batch
  EXPECT_FALSE(torch::equal(two.images[1], plain.images[1]));
  EXPECT_FALSE(torch::equal(one.images, augmented_batch(photos, {2}, scaler, recipe, 1, 1).images));
  EXPECT_TRUE(torch::equal(
      plain.images, augmented_batch(photos, {4, 2}, scaler, data::no_augmentation(), 1, 0).images));
}

TEST(EpochBatches, VisitEachSampleOncePerEpoch) {
  EpochBatches batches(10, 4, 1, "test");
  EXPECT_EQ(batches.steps_per_epoch(), 3);
  std::vector<std::int64_t> first, second;
  for (int step = 0; step < 6; ++step) {
    const std::vector<std::int64_t> batch = batches.batch(step);
    EXPECT_EQ(batch.size(), step % 3 == 2 ? 2U : 4U);
    EXPECT_EQ(batches.epoch_of(step), step / 3);
    auto& epoch = step < 3 ? first : second;
    epoch.insert(epoch.end(), batch.begin(), batch.end());
  }
  EXPECT_NE(first, second);
  EpochBatches again(10, 4, 1, "test");
  EXPECT_EQ(again.batch(4), batches.batch(4));  // from anywhere
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  EXPECT_EQ(first, second);
  EXPECT_EQ(std::unique(first.begin(), first.end()), first.end());
  EXPECT_ERSATZ_ERROR(EpochBatches(0, 4, 1, "x"), ExitCode::kUsage, "no images");
  EXPECT_ERSATZ_ERROR(EpochBatches(4, 0, 1, "x"), ExitCode::kUsage, "at least one");
}

}  // namespace
}  // namespace ersatz::train
