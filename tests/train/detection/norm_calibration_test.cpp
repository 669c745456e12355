#include "train/detection/norm_calibration.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "core/file_system.h"
#include "core/json.h"
#include "folded_weights.h"
#include "models/channel_moments.h"
#include "models/detection/detector_zoo.h"
#include "orchard_pictures.h"
#include "support/test_support.h"
#include "train/detection/detection_loss.h"
#include "train/detection/detector_trainer.h"

namespace ersatz::train {
namespace {

using core::ExitCode;
using models::DetectorMaps;

// Largest difference between two maps, as a share of the largest value of `a`.
double distance(const DetectorMaps& a, const DetectorMaps& b,
                torch::Tensor DetectorMaps::Level::*member) {
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < a.levels.size(); ++i) {
    const torch::Tensor &x = a.levels[i].*member, &y = b.levels[i].*member;
    difference = std::max(difference, (x - y).abs().max().item<double>());
    largest = std::max(largest, x.abs().max().item<double>());
  }
  return difference / largest;
}

DetectorMaps maps_of(models::Detector& network, const torch::Tensor& images, bool training) {
  const torch::NoGradGuard no_grad;
  network.train(training);
  return network.maps(images);
}

TEST(ChannelMoments, EqualLibtorchsOverAllBatches) {
  torch::manual_seed(5);
  const torch::Tensor x = torch::randn({5, 7, 4, 6}).mul_(0.01).add_(30);
  models::ChannelMoments moments;
  moments.add(x.narrow(0, 0, 3));
  moments.add(x.narrow(0, 3, 2).contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(moments.count(), 5 * 4 * 6);
  const torch::Tensor rows = x.to(torch::kDouble).transpose(0, 1).flatten(1);
  EXPECT_TRUE(torch::allclose(moments.mean(), rows.mean(1), 1e-12));
  EXPECT_TRUE(torch::allclose(moments.variance(), rows.var(1, /*unbiased=*/false), 1e-9, 1e-13));
}

class NormCalibration : public ::testing::Test {
 protected:
  NormCalibration() { write_folded_yolov8n(file_, orchard_pictures(20, 4, 64, 5), 2); }
  // With the file's weights and random ones where they do not fit.
  std::shared_ptr<models::Detector> begun(std::int64_t classes, models::TakenWeights& taken) const {
    const auto network = models::make_detector({"yolov8n", classes, 32}, 1);
    taken = models::begin_with_weights(*network, file_);
    return network;
  }

  test::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "folded.safetensors";
  const data::DetectionSet pictures_ = orchard_pictures(0, 4, 64, 5);
  const torch::Tensor images_ = whole_input(pictures_);
  torch::Tensor DetectorMaps::Level::*const boxes_ = &DetectorMaps::Level::boxes;
  torch::Tensor DetectorMaps::Level::*const classes_ = &DetectorMaps::Level::classes;
};

TEST_F(NormCalibration, KeepsTheFunctionAndTrainingAgreesWithIt) {
  models::TakenWeights taken;
  const DetectorMaps folded = maps_of(*models::load_yolov8(file_), images_, false);
  // As it comes from the file the network computes something else when it trains.
  const auto plain = begun(2, taken);
  EXPECT_LT(distance(folded, maps_of(*plain, images_, false), boxes_), 1e-4);
  EXPECT_GT(distance(folded, maps_of(*plain, images_, true), boxes_), 0.05);

  const auto network = begun(2, taken);
  calibrate_norms(*network, taken, 2,
                  [&](std::int64_t at) { return images_.narrow(0, 2 * at, 2); });
  EXPECT_FALSE(network->is_training());
  for (const auto& member : {boxes_, classes_}) {
    EXPECT_LT(distance(folded, maps_of(*network, images_, false), member), 1e-4);
  }
  // Both halves are normalised by the moments of all, which training takes of the whole.
  const DetectorMaps training = maps_of(*network, images_, true);
  for (const auto& member : {boxes_, classes_}) {
    EXPECT_LT(distance(folded, training, member), 1e-3);
  }
}

TEST_F(NormCalibration, DrawnNormalisationsGetMomentsOnly) {
  models::TakenWeights taken;
  // 70 classes make the class branch wider: it is drawn.
  const auto network = begun(70, taken);
  const std::string drawn = "model.22.cv3.1.1.bn";
  ASSERT_EQ(std::count(taken.drawn.begin(), taken.drawn.end(), drawn + ".weight"), 1);
  calibrate_norms(*network, taken, 1, [&](std::int64_t) { return images_; });
  const models::NamedTensors state = models::module_state(*network);
  const torch::Tensor weight = state.at(drawn + ".weight");
  EXPECT_TRUE(torch::equal(weight, torch::ones_like(weight)));
  EXPECT_TRUE(torch::equal(state.at(drawn + ".bias"), torch::zeros_like(weight)));
  EXPECT_GT((state.at(drawn + ".running_var") - 1).abs().min().item<double>(), 0);
  const DetectorMaps evaluation = maps_of(*network, images_, false);
  const DetectorMaps training = maps_of(*network, images_, true);
  EXPECT_LT(distance(evaluation, training, boxes_), 1e-3);
  EXPECT_LT(distance(evaluation, training, classes_), 1e-3);
  EXPECT_LT(distance(maps_of(*models::load_yolov8(file_), images_, false), evaluation, boxes_),
            1e-4);
}

TEST_F(NormCalibration, LeavesOthersAloneAndNeedsABatch) {
  const auto network = models::make_detector({"yolov8n", 2, 32}, 1);
  const models::NamedTensors before = models::module_state(*network);
  calibrate_norms(*network, {}, 1, [&](std::int64_t) { return images_; });
  for (const auto& [name, tensor] : models::module_state(*network)) {
    EXPECT_TRUE(torch::equal(tensor, before.at(name))) << name;
  }
  EXPECT_ERSATZ_ERROR(calibrate_norms(*network, {}, 0, {}), ExitCode::kUsage, "one batch");
}

// The loss of a training's first update is that of the folded network.
TEST_F(NormCalibration, TrainingBeginsWhereFoldedWeightsEnd) {
  data::DetectionSet train = pictures_;
  train.classes = {"apple", "pear"};
  const DetectionBatch batch = whole_batch(train);
  const auto loss_of = [&](models::Detector& network, bool training) {
    const DetectorMaps maps = maps_of(network, images_, training);
    return (*make_detection_loss(network))(maps, batch.targets, 64).total.item<double>();
  };
  const double expected = loss_of(*models::load_yolov8(file_), false);
  models::TakenWeights taken;
  ASSERT_GT(std::abs(loss_of(*begun(2, taken), true) / expected - 1), 0.01);

  DetectorTraining training;
  training.weights = file_;
  training.augmentation = data::no_detection_augmentation();
  training.epochs = 1;
  training.batch_size = 4;
  TrainingRun run;
  run.checkpoint_folder = folder_ / "checkpoints";
  run.metrics_file = folder_ / "metrics.jsonl";
  run.log_every = 1;
  const auto result = train_detector(train, {}, training, run, folder_.path());
  EXPECT_TRUE(result.drawn.empty());
  std::istringstream lines(core::read_file(run.metrics_file));
  std::string first;
  std::getline(lines, first);
  EXPECT_NEAR(core::Json::parse(first).at("loss").get<double>() / expected, 1, 1e-3);
}

}  // namespace
}  // namespace ersatz::train
