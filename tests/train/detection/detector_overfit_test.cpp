// Every family learns eight drawn apple trees by heart.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cstdio>

#include "compute/threads.h"
#include "evaluate/detection/detector_evaluation.h"
#include "orchard_pictures.h"
#include "support/test_support.h"
#include "train/detection/detector_trainer.h"

namespace ersatz::train {
namespace {

class DetectorOverfit : public ::testing::TestWithParam<const char*> {};

TEST_P(DetectorOverfit, FindsTheApplesItHasSeen) {
  compute::use_threads();
  const test::TemporaryFolder folder;
  const data::DetectionSet train = orchard_pictures(0, 8, 96);
  DetectorTraining training;
  training.network.name = GetParam();
  training.network.smallest_anchor = 8;
  training.augmentation = data::no_detection_augmentation();
  training.augmentation.horizontal_flip = 0.5;
  training.epochs = 150;
  training.batch_size = 8;
  training.optimiser = DetectorOptimiser::kAdamW;
  training.learning_rate = 0.002;
  training.momentum = 0.9;
  training.warmup_epochs = 0.1;
  training.ema_ramp = 20;
  training.ema_decay = 0.9;
  training.validate_every = 1000;
  TrainingRun run;
  run.checkpoint_folder = folder / "checkpoints";
  run.metrics_file = folder / "metrics.jsonl";
  run.checkpoint_every = 100'000;
  evaluate::DetectorEvaluationOptions options;
  options.overlap = models::usual_overlap(training.network);
  const auto result = train_detector(
      train,
      [&](models::Detector& network) {
        return DetectorScores{
            evaluate::evaluate_detector(network, train, options, torch::kCPU).summary};
      },
      training, run, folder.path());
  ASSERT_EQ(result.epochs.size(), 1U);
  const DetectorScores& scores = result.epochs[0].scores;
  std::printf("%s: AP %.3f, AP50 %.3f, loss %.3f, %.1f images/s\n", GetParam(), scores.ap(),
              scores.ap50(), result.epochs[0].loss, result.images_per_second);
  EXPECT_GT(scores.ap50(), 0.8);
}

INSTANTIATE_TEST_SUITE_P(Families, DetectorOverfit,
                         ::testing::Values("yolov8n", "yolov5n", "retinanet_resnet18"));

}  // namespace
}  // namespace ersatz::train
