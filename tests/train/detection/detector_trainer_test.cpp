#include "train/detection/detector_trainer.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "compute/threads.h"
#include "core/file_system.h"
#include "evaluate/detection/detector_evaluation.h"
#include "folded_weights.h"
#include "models/detection/detector_file.h"
#include "models/module_state.h"
#include "orchard_pictures.h"
#include "support/test_support.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

DetectorTraining small_training(const std::string& network, std::int64_t epochs) {
  DetectorTraining training;
  training.network.name = network;
  training.network.smallest_anchor = 8;
  training.epochs = epochs;
  training.batch_size = 3;
  training.close_mosaic = 1;
  training.warmup_epochs = 0.02;
  return training;
}

TrainingRun run_in(const fs::path& folder, std::int64_t checkpoint_every = 2) {
  TrainingRun run;
  run.checkpoint_folder = folder / "checkpoints";
  run.metrics_file = folder / "metrics.jsonl";
  run.seed = 5;
  run.checkpoint_every = checkpoint_every;
  run.log_every = 2;
  return run;
}

ValidateDetector validation_on(const data::DetectionSet& set) {
  return [&set](models::Detector& network) {
    return DetectorScores{evaluate::evaluate_detector(network, set, {}, torch::kCPU).summary};
  };
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

void expect_same_file(const fs::path& a, const fs::path& b) {
  EXPECT_EQ(core::read_file(a), core::read_file(b)) << a;
}

struct Resumed {
  const char* name;
  const char* network;
  DetectorOptimiser optimiser;
  bool cosine;
  bool folded;  // begins with weights whose normalisation is folded
};

void PrintTo(const Resumed& resumed, std::ostream* out) { *out << resumed.name; }

class ResumedTraining : public ::testing::TestWithParam<Resumed> {};

TEST_P(ResumedTraining, EqualsUninterruptedBitForBit) {
  compute::use_threads();
  const test::TemporaryFolder whole, parts;
  const data::DetectionSet train = orchard_pictures(0, 7, 64, 5);
  DetectorTraining training = small_training(GetParam().network, 3);
  training.accumulate = 2;  // 3 batches, 2 updates an epoch
  training.optimiser = GetParam().optimiser;
  training.cosine = GetParam().cosine;
  if (GetParam().folded) {
    training.weights = whole / "folded.safetensors";
    write_folded_yolov8n(training.weights, orchard_pictures(20, 4, 64, 5), 1);
  }
  // A checkpoint of RetinaNet is half a gigabyte: fewer of them, and one interruption.
  const bool retina = training.network.name.rfind("retinanet", 0) == 0;
  const std::int64_t checkpoint_every = retina ? 100 : 2;
  const auto uninterrupted = train_detector(train, validation_on(train), training,
                                            run_in(whole.path(), checkpoint_every), whole.path());
  EXPECT_TRUE(uninterrupted.finished);
  EXPECT_EQ(uninterrupted.steps, 6);
  ASSERT_EQ(uninterrupted.epochs.size(), 3U);
  // In the first, the second and the third epoch.
  const auto stops =
      retina ? std::vector<std::int64_t>{3, 0} : std::vector<std::int64_t>{1, 3, 5, 0};
  for (const std::int64_t stop : stops) {
    TrainingRun run = run_in(parts.path(), checkpoint_every);
    run.stop_after = stop;
    const auto part = train_detector(train, validation_on(train), training, run, parts.path());
    EXPECT_EQ(part.finished, stop == 0);
  }
  expect_same_file(whole / "last.safetensors", parts / "last.safetensors");
  expect_same_file(whole / "best.safetensors", parts / "best.safetensors");
  EXPECT_EQ(log_lines(whole / "metrics.jsonl"), log_lines(parts / "metrics.jsonl"));
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, ResumedTraining,
    ::testing::Values(
        Resumed{"yolov8n", "yolov8n", DetectorOptimiser::kAuto, false, false},
        Resumed{"yolov8n_folded", "yolov8n", DetectorOptimiser::kAuto, true, true},
        Resumed{"yolov5n", "yolov5n", DetectorOptimiser::kAuto, false, false},
        Resumed{"yolov5n_sgd_cosine", "yolov5n", DetectorOptimiser::kSgd, true, false},
        Resumed{"retinanet_cosine", "retinanet_resnet18", DetectorOptimiser::kAuto, true, false},
        Resumed{"retinanet_sgd", "retinanet_resnet18", DetectorOptimiser::kSgd, false, false}),
    [](const ::testing::TestParamInfo<Resumed>& test) { return std::string(test.param.name); });

TEST(DetectorTrainer, TheFileFindsWhatTheNetworkFinds) {
  const test::TemporaryFolder folder;
  const data::DetectionSet train = orchard_pictures(0, 4, 64, 5);
  const auto result = train_detector(train, validation_on(train), small_training("yolov8n", 1),
                                     run_in(folder.path()), folder.path());
  const models::LoadedDetector loaded = models::load_detector(folder / "last.safetensors");
  EXPECT_EQ(loaded.description.classes, train.classes);
  EXPECT_EQ(loaded.description.size, 64);
  const auto again = evaluate::evaluate_detector(*loaded.network, train, {}, torch::kCPU);
  EXPECT_EQ(again.summary, result.epochs.back().scores.coco);
  EXPECT_EQ(result.best_epoch, 1);
}

TEST(DetectorTrainer, BeginsWithWeightsOfOtherClasses) {
  const test::TemporaryFolder folder;
  data::DetectionSet train = orchard_pictures(0, 2, 64, 5);
  const auto first = models::make_detector({"yolov8n", 7, 32}, 3);
  models::DetectorDescription description;
  description.architecture = {"yolov8n", 7, 32};
  description.classes = {"a", "b", "c", "d", "e", "f", "g"};
  models::save_detector(folder / "w.safetensors", models::module_state(*first), description);
  DetectorTraining training = small_training("yolov8n", 1);
  training.weights = folder / "w.safetensors";
  training.batch_size = 2;
  const auto result = train_detector(train, {}, training, run_in(folder.path()), folder.path());
  ASSERT_FALSE(result.drawn.empty());
  for (const std::string& name : result.drawn)
    EXPECT_EQ(name.rfind("model.22.cv3.", 0), 0U) << name;
  training.network.name = "yolov5n";
  TrainingRun run = run_in(folder / "other");
  EXPECT_ERSATZ_ERROR(train_detector(train, {}, training, run, folder / "other"),
                      ExitCode::kUntrustedData, "does not fit the network");
}

TEST(DetectorTrainer, StopsAtALossThatIsNoNumberNamingThePictures) {
  const test::TemporaryFolder folder;
  const data::DetectionSet train = orchard_pictures(0, 4, 64, 5);
  DetectorTraining training = small_training("yolov8n", 3);
  training.learning_rate = 1e30;
  training.optimiser = DetectorOptimiser::kSgd;
  training.clip_norm = 0;
  training.warmup_epochs = 0;
  EXPECT_ERSATZ_ERROR(train_detector(train, {}, training, run_in(folder.path(), 1), folder.path()),
                      ExitCode::kNumeric, "tree_");
}

TEST(DetectorTrainer, StopsAtInfiniteGradientsOfAFiniteLoss) {
  const test::TemporaryFolder folder;
  const data::DetectionSet train = orchard_pictures(0, 4, 64, 5);
  // Logits of about 1e34, whose cross-entropy is a number: the gradients of what lies before have
  // squares that are none.
  const models::DetectorDescription description{{"yolov8n", 1, 32}, {"apple"}, 64};
  models::NamedTensors weights =
      models::module_state(*models::make_detector(description.architecture, 3));
  for (const char* level : {"0", "1", "2"}) {
    weights.at(std::string("model.22.cv3.") + level + ".2.weight").mul_(1e35);
  }
  models::save_detector(folder / "w.safetensors", weights, description);
  DetectorTraining training = small_training("yolov8n", 1);
  training.weights = folder / "w.safetensors";
  training.batch_size = 2;
  training.accumulate = 2;
  for (const double clip : {0.0, 10.0}) {
    training.clip_norm = clip;
    const fs::path out = folder / (clip > 0 ? "clipped" : "plain");
    try {
      train_detector(train, {}, training, run_in(out, 1), out);
      ADD_FAILURE() << "no error";
    } catch (const core::Error& error) {
      const std::string text = error.what();
      EXPECT_EQ(error.code(), ExitCode::kNumeric) << text;
      EXPECT_EQ(
          text.find("the norm of the gradients of the detector's loss is not finite at step 1"), 0U)
          << text;
      for (const data::DetectionPicture& picture : train.pictures) {
        EXPECT_NE(text.find(picture.name), std::string::npos) << text;
      }
    }
    EXPECT_FALSE(fs::exists(out / "last.safetensors"));
  }
}

TEST(DetectorTrainer, RefusesWhatCannotBeTrained) {
  const test::TemporaryFolder folder;
  const TrainingRun run = run_in(folder.path());
  const DetectorTraining training = small_training("yolov8n", 1);
  const auto refuse = [&](const data::DetectionSet& set, const DetectorTraining& bad,
                          const char* text) {
    EXPECT_ERSATZ_ERROR(train_detector(set, {}, bad, run, folder.path()), ExitCode::kUsage, text);
  };
  data::DetectionSet set = orchard_pictures(0, 2, 64, 5);
  refuse({}, training, "no pictures");
  data::DetectionSet none = set;
  for (auto& picture : none.pictures) picture.boxes.clear();
  refuse(none, training, "not one box");
  data::DetectionSet crowds = set;
  for (auto& picture : crowds.pictures) {
    for (auto& box : picture.boxes) box.crowd = true;
  }
  refuse(crowds, training, "not one box");
  data::DetectionSet nan = set;
  nan.pictures[0].boxes[0].x0 = NAN;
  refuse(nan, training, "tree_0");
  data::DetectionSet other = set;
  other.pictures[0].boxes[0].class_index = 1;
  refuse(other, training, "class 1 of 1");
  data::DetectionSet odd = set;
  odd.size = 72;
  refuse(odd, training, "multiple of 32");
  DetectorTraining bad = training;
  bad.epochs = 0;
  refuse(set, bad, "at least 1");
  bad = training;
  bad.network.name = "yolov9n";
  refuse(set, bad, "yolov9n");
  bad = training;
  bad.type = TrainingType::kBFloat16;
  refuse(set, bad, "float32");
}

}  // namespace
}  // namespace ersatz::train
