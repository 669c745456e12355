// Weight files of detectors: strict loading.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

#include "core/file_system.h"
#include "models/detection/open_detector.h"
#include "models/detection/yolov8_weights.h"
#include "models/module_state.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::ExitCode;

NamedTensors tensors_of(bool masks, bool folded, std::int64_t classes = 3) {
  Yolov8Config config;
  config.classes = classes;
  config.masks = masks;
  config.folded = folded;
  Yolov8 network(config);
  initialise_yolov8(network, 7);
  return module_state(network);
}

class DetectorWeights : public ::testing::Test {
 protected:
  std::filesystem::path save(const NamedTensors& tensors) const {
    save_safetensors(folder_ / "w.safetensors", tensors);
    return folder_ / "w.safetensors";
  }
  test::TemporaryFolder folder_;
};

TEST_F(DetectorWeights, WhatTheNetworkIsFollowsFromTheFile) {
  const auto network = load_yolov8(save(tensors_of(true, false)));
  EXPECT_EQ(network->config().scale, 'n');
  EXPECT_EQ(network->classes(), 3);
  EXPECT_TRUE(network->has_masks());
  EXPECT_TRUE(network->config().folded);
  EXPECT_FALSE(network->is_training());
  Yolov8LoadOptions options;
  options.fold = false;
  EXPECT_FALSE(load_yolov8(folder_ / "w.safetensors", options)->config().folded);
  options.masks = false;
  EXPECT_FALSE(load_yolov8(folder_ / "w.safetensors", options)->has_masks());
  options.scale = 'm';
  EXPECT_ERSATZ_ERROR(load_yolov8(folder_ / "w.safetensors", options), ExitCode::kUsage,
                      "scale n, not m");
}

TEST_F(DetectorWeights, HalfPrecisionAndFoldedFilesWithoutConstantsAreRead) {
  NamedTensors tensors = tensors_of(false, true);
  tensors.erase("model.22.dfl.conv.weight");
  for (auto& [name, tensor] : tensors) tensor = tensor.to(torch::kFloat16);
  const auto network = load_yolov8(save(tensors));
  EXPECT_FALSE(network->has_masks());
  const Predictions predictions = network->predict(torch::rand({1, 3, 32, 32}));
  EXPECT_TRUE(torch::isfinite(predictions.boxes).all().item<bool>());
  // The constant is there although the file lacks it.
  EXPECT_TRUE(torch::equal(module_state(*network).at("model.22.dfl.conv.weight").flatten(),
                           torch::arange(16, torch::kFloat32)));
}

TEST_F(DetectorWeights, EveryTensorMustFit) {
  const NamedTensors good = tensors_of(true, true);
  const auto refused = [&](const NamedTensors& tensors, const std::string& text) {
    EXPECT_ERSATZ_ERROR(load_yolov8(save(tensors)), ExitCode::kUntrustedData, text);
  };
  NamedTensors bad = good;
  bad.erase("model.12.m.0.cv1.conv.bias");
  refused(bad, "1 missing: 'model.12.m.0.cv1.conv.bias'");
  bad = good;
  bad["model.23.conv.weight"] = torch::zeros({1});
  refused(bad, "1 left over: 'model.23.conv.weight'");
  bad = good;
  bad["model.22.cv2.1.2.weight"] = torch::zeros({64, 64, 3, 3});
  refused(bad, "'model.22.cv2.1.2.weight' [64, 64, 3, 3] instead of [64, 64, 1, 1]");
  bad = good;
  bad["model.9.cv1.conv.bias"] = torch::zeros({128}, torch::kInt32);
  refused(bad, "of another kind");
  bad = good;
  bad["model.9.cv1.conv.bias"][5] = std::numeric_limits<float>::quiet_NaN();
  refused(bad, "'model.9.cv1.conv.bias' has NaN");
  bad = good;
  bad["model.22.dfl.conv.weight"] = torch::zeros({1, 16, 1, 1});
  refused(bad, "is not 0, 1, ... 15");
  bad = good;
  bad["model.0.conv.weight"] = torch::zeros({24, 3, 3, 3});
  refused(bad, "'model.0.conv.weight' has 24 outputs, in YOLOv8 there are 16 (n), 32 (s)");
  refused({{"conv1.weight", torch::zeros({1})}}, "no weights of YOLOv8 by Ultralytics' names");
  EXPECT_ERSATZ_ERROR(load_yolov8(folder_ / "none"), ExitCode::kMissing, "none");
}

TEST_F(DetectorWeights, NamesOfClasses) {
  const std::vector<std::string> two = {"apple", "leaf"};
  EXPECT_EQ(detector_classes("apple, leaf", {}, 2), two);
  EXPECT_EQ(detector_classes("", two, 2), two);
  EXPECT_EQ(detector_classes("", {}, 80)[2], "car");
  EXPECT_EQ(detector_classes("coco", {}, 80).size(), 80U);
  core::write_file_atomic(folder_ / "names.txt", "apple\r\nleaf\n\n");
  EXPECT_EQ(detector_classes((folder_ / "names.txt").string(), {}, 2), two);
  EXPECT_ERSATZ_ERROR(detector_classes("", {}, 3), ExitCode::kUsage, "have no names");
  EXPECT_ERSATZ_ERROR(detector_classes("a,b,c", {}, 2), ExitCode::kUsage, "3 names for 2 classes");
  EXPECT_ERSATZ_ERROR(detector_classes("a,a", {}, 2), ExitCode::kUsage, "'a' is there twice");
  EXPECT_ERSATZ_ERROR(detector_classes("a,", {}, 2), ExitCode::kUsage, "a name is empty");
  EXPECT_ERSATZ_ERROR(detector_classes("none.txt", {}, 2), ExitCode::kMissing, "none.txt");
}

}  // namespace
}  // namespace ersatz::models
