// Detectors on a GPU: predictions, losses and gradients of the CPU, and trainings that begin
// as there, in narrow types too.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <string>

#include "cuda/cuda_fixture.h"
#include "models/detection/detector_zoo.h"
#include "support/test_support.h"
#include "train/detection/detection_loss.h"
#include "train/detection/detector_trainer.h"
#include "train/detection/orchard_pictures.h"

namespace ersatz::train {
namespace {

class CudaDetectors : public test::Cuda, public ::testing::WithParamInterface<const char*> {
 protected:
  std::shared_ptr<models::Detector> network() const {
    return models::make_detector({GetParam(), 3, 8}, 1);
  }

  // 12 epochs of two updates; `updates` of them.
  DetectorTrainingResult train(const std::string& device, TrainingType type,
                               std::int64_t updates) const {
    const test::TemporaryFolder folder;
    const data::DetectionSet set = orchard_pictures(0, 16, 96);
    DetectorTraining training;
    training.network.name = GetParam();
    training.network.smallest_anchor = 8;
    training.augmentation = data::no_detection_augmentation();
    training.epochs = 12;
    training.batch_size = 8;
    training.optimiser = DetectorOptimiser::kAdamW;
    training.learning_rate = 2e-4;
    training.warmup_epochs = 0;
    training.type = type;
    training.validate_every = 1;
    TrainingRun run;
    run.checkpoint_folder = folder / "checkpoints";
    run.metrics_file = folder / "metrics.jsonl";
    run.device = device;
    run.checkpoint_every = 100'000;
    run.stop_after = updates;
    return train_detector(set, {}, training, run, folder.path());
  }
};

TEST_P(CudaDetectors, PredictionsEqualTheCpus) {
  const auto cpu = network(), gpu = network();
  gpu->to(device_);
  torch::manual_seed(3);
  const torch::Tensor images = torch::rand({2, 3, 64, 96});
  const models::Predictions expected = cpu->predict(images);
  const models::Predictions found = gpu->predict(images.to(device_));
  EXPECT_LT(test::relative_difference(found.boxes, expected.boxes), 1e-4);
  EXPECT_LT(test::relative_difference(found.scores, expected.scores), 1e-4);
}

TEST_P(CudaDetectors, LossesAndGradientsEqualTheCpus) {
  const auto cpu = network(), gpu = network();
  gpu->to(device_);
  torch::manual_seed(2);
  const torch::Tensor images = torch::rand({2, 3, 64, 64});
  const DetectionTargets targets =
      detection_targets({{{0, 4, 4, 20, 24}, {2, 30, 10, 60, 50}}, {{1, 8, 30, 40, 60}}});
  const auto losses = [&](models::Detector& of, const torch::Tensor& input) {
    of.train();
    const DetectionLosses found = (*make_detection_loss(of))(of.maps(input), targets, 64);
    found.total.backward();
    return found;
  };
  const DetectionLosses expected = losses(*cpu, images);
  const DetectionLosses found = losses(*gpu, images.to(device_));
  ASSERT_EQ(found.parts.size(), expected.parts.size());
  for (std::size_t i = 0; i < found.parts.size(); ++i) {
    const double value = expected.parts[i].item<double>();
    EXPECT_NEAR(found.parts[i].item<double>(), value, 1e-3 * std::abs(value) + 1e-6) << i;
  }
  // Normalised batches of a few pixels amplify rounding: all gradients together.
  std::vector<torch::Tensor> ours, theirs;
  const auto of_gpu = gpu->named_parameters();
  for (const auto& parameter : cpu->named_parameters()) {
    theirs.push_back(parameter.value().grad().flatten());
    ours.push_back(of_gpu[parameter.key()].grad().flatten());
  }
  EXPECT_LT(test::relative_difference(torch::cat(ours), torch::cat(theirs)), 2e-2);
}

TEST_P(CudaDetectors, TrainingsBeginLikeTheCpus) {
  const DetectorTrainingResult expected = train("cpu", TrainingType::kFloat32, 4);
  ASSERT_EQ(expected.epochs.size(), 2U);
  // The first updates in float16 look for a scale of the loss and may be left out: only the first
  // epoch, whose first loss no update has seen, is compared.
  struct Case {
    TrainingType type;
    std::size_t epochs;
    double tolerance;
  };
  for (const auto& [type, epochs, tolerance] : {Case{TrainingType::kFloat32, 2, 0.02},
                                                {TrainingType::kFloat16, 1, 0.1},
                                                {TrainingType::kBFloat16, 2, 0.1}}) {
    const DetectorTrainingResult found = train("cuda:0", type, 24);
    ASSERT_EQ(found.epochs.size(), 12U);
    for (std::size_t i = 0; i < epochs; ++i) {
      EXPECT_NEAR(found.epochs[i].loss, expected.epochs[i].loss,
                  tolerance * expected.epochs[i].loss)
          << "type " << static_cast<int>(type) << ", epoch " << i + 1;
    }
    // YOLO's losses rise first, as the assigned places become more.
    EXPECT_TRUE(std::isfinite(found.epochs.back().loss)) << "type " << static_cast<int>(type);
    if (std::string(GetParam()).rfind("retinanet", 0) == 0) {
      EXPECT_LT(found.epochs.back().loss, 0.9 * found.epochs.front().loss)
          << "type " << static_cast<int>(type);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, CudaDetectors,
                         ::testing::Values("yolov8n", "yolov5n", "retinanet_resnet18",
                                           "retinanet_resnet18_v2"));

}  // namespace
}  // namespace ersatz::train
