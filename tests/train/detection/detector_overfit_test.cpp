// Every family learns eight drawn apple trees by heart.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "compute/threads.h"
#include "core/file_system.h"
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
  // RetinaNet computes ten times as much, and its heads, without normalisation, need small steps.
  const std::string name = GetParam();
  const bool retina = name.rfind("retinanet", 0) == 0, second = name == "retinanet_resnet18_v2";
  const data::DetectionSet train = orchard_pictures(0, 8, retina ? 96 : 128);
  std::int64_t apples = 0;
  for (const data::DetectionPicture& picture : train.pictures) {
    apples += std::count_if(picture.boxes.begin(), picture.boxes.end(),
                            [](const data::ObjectBox& box) { return !box.crowd; });
  }
  ASSERT_GE(apples, 8);
  DetectorTraining training;
  training.network.name = GetParam();
  training.network.smallest_anchor = 8;
  training.augmentation = data::no_detection_augmentation();
  // An update each, the first 100 of them warm-up. After 150 the running moments of YOLO (momentum
  // 0.03) would still hold 1 % of the variance 1 they begin with, where layers have about 0.1.
  training.epochs = second ? 150 : retina ? 250 : 500;
  training.batch_size = 8;
  training.optimiser = DetectorOptimiser::kAdamW;
  training.learning_rate = retina && !second ? 0.0002 : 0.002;
  training.momentum = 0.9;
  training.warmup_epochs = 0.1;
  training.ema_ramp = 20;
  training.ema_decay = 0.9;
  training.validate_every = 1000;
  TrainingRun run;
  run.checkpoint_folder = folder / "checkpoints";
  run.metrics_file = folder / "metrics.jsonl";
  run.checkpoint_every = 100'000;
  run.log_every = 25;
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
  std::printf("%s: %d apples, AP %.3f, AP50 %.3f, loss %.3f, %.1f images/s\n", GetParam(),
              static_cast<int>(apples), scores.ap(), scores.ap50(), result.epochs[0].loss,
              result.images_per_second);
  EXPECT_GT(scores.ap50(), 0.8) << core::read_file(run.metrics_file);
}

INSTANTIATE_TEST_SUITE_P(Families, DetectorOverfit,
                         ::testing::Values("yolov8n", "yolov5n", "retinanet_resnet18",
                                           "retinanet_resnet18_v2"));

}  // namespace
}  // namespace ersatz::train
