// Files with folded normalisation as a beginning for networks that have it.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "compute/torch_shim.h"
#include "models/detection/detector_weights.h"
#include "models/detection/detector_zoo.h"
#include "models/detection/yolov8_weights.h"
#include "models/module_state.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::ExitCode;

// YOLOv8n with statistics that matter, folded.
NamedTensors folded_tensors(std::int64_t classes, bool masks = false) {
  torch::manual_seed(3);
  Yolov8Config config;
  config.classes = classes;
  config.masks = masks;
  Yolov8 network(config);
  initialise_yolov8(network, 7);
  const auto change = [](const std::string& name, torch::Tensor tensor) {
    const torch::NoGradGuard no_grad;
    if (name.find(".bn.") == std::string::npos || !tensor.is_floating_point()) return;
    const bool positive =
        name.find("running_var") != std::string::npos || name.find("weight") != std::string::npos;
    tensor.copy_(positive ? torch::rand(tensor.sizes()) * 0.5 + 0.5
                          : torch::randn(tensor.sizes()) * 0.1);
  };
  compute::for_each_parameter(network, change);
  compute::for_each_buffer(network, change);
  return module_state(*fold_yolov8(network));
}

bool is_of_class_branch(const std::string& name) { return name.rfind("model.22.cv3.", 0) == 0; }

void expect_equal(const Predictions& a, const Predictions& b) {
  EXPECT_TRUE(torch::allclose(a.boxes, b.boxes, 1e-4, 1e-3));
  EXPECT_TRUE(torch::allclose(a.scores, b.scores, 1e-4, 1e-5));
}

class BeginWithWeights : public ::testing::Test {
 protected:
  std::filesystem::path save(const NamedTensors& tensors) const {
    save_safetensors(folder_ / "w.safetensors", tensors);
    return folder_ / "w.safetensors";
  }
  test::TemporaryFolder folder_;
};

TEST_F(BeginWithWeights, UnfoldedPredictsWhatFoldedPredicts) {
  const torch::Tensor images = torch::rand({2, 3, 64, 96});
  for (const bool masks : {false, true}) {
    NamedTensors tensors = folded_tensors(3, masks);
    tensors.erase("model.22.dfl.conv.weight");
    const auto file = save(tensors);
    const auto network = make_detector({"yolov8n", 3, 32}, 1);
    const TakenWeights taken = begin_with_weights(*network, file);
    EXPECT_TRUE(taken.drawn.empty());
    EXPECT_EQ(taken.unfolded.size(), 57U);  // convolutions but for the last of each branch
    EXPECT_EQ(std::count(taken.unfolded.begin(), taken.unfolded.end(), "model.4.m.1.cv2.bn"), 1);
    Yolov8LoadOptions options;
    options.masks = false;
    expect_equal(network->predict(images), load_yolov8(file, options)->predict(images));
    const NamedTensors state = module_state(*network);
    const torch::Tensor scale = state.at("model.9.cv1.bn.weight");
    EXPECT_TRUE(torch::allclose(scale, torch::full_like(scale, std::sqrt(1.001))));
    EXPECT_TRUE(torch::equal(state.at("model.9.cv1.bn.bias"), tensors.at("model.9.cv1.conv.bias")));
  }
}

TEST_F(BeginWithWeights, OtherClassesDrawTheClassBranchOnly) {
  // 70 classes make the branch wider than the 64 channels that it has for one.
  const auto file = save(folded_tensors(70));
  const auto network = make_detector({"yolov8n", 1, 32}, 1);
  const NamedTensors before = module_state(*network);
  const TakenWeights taken = begin_with_weights(*network, file);
  EXPECT_TRUE(std::all_of(taken.drawn.begin(), taken.drawn.end(), is_of_class_branch));
  EXPECT_TRUE(std::none_of(taken.unfolded.begin(), taken.unfolded.end(), is_of_class_branch));
  EXPECT_EQ(taken.unfolded.size(), 57U - 6U);
  const NamedTensors after = module_state(*network);
  for (const auto& [name, tensor] : before) {
    if (!is_of_class_branch(name)) continue;
    EXPECT_TRUE(torch::equal(tensor, after.at(name))) << name;
  }
  const torch::Tensor images = torch::rand({1, 3, 64, 64});
  EXPECT_TRUE(torch::allclose(network->predict(images).boxes,
                              load_yolov8(file)->predict(images).boxes, 1e-4, 1e-3));
  // 2 classes instead of 1: the branch has the same width, only its last layers are drawn.
  const TakenWeights two =
      begin_with_weights(*make_detector({"yolov8n", 2, 32}, 1), save(folded_tensors(1)));
  EXPECT_EQ(two.drawn.size(), 6U);
  EXPECT_EQ(two.unfolded.size(), 57U);
}

TEST_F(BeginWithWeights, FilesMayBeFoldedInPart) {
  NamedTensors tensors = folded_tensors(3);
  const auto network = make_detector({"yolov8n", 3, 32}, 5);
  for (const auto& [name, tensor] : module_state(*network)) {
    if (name.rfind("model.0.", 0) == 0) tensors[name] = tensor;
  }
  tensors.erase("model.0.conv.bias");
  const TakenWeights taken =
      begin_with_weights(*make_detector({"yolov8n", 3, 32}, 1), save(tensors));
  EXPECT_EQ(taken.unfolded.size(), 56U);
  EXPECT_EQ(std::count(taken.unfolded.begin(), taken.unfolded.end(), "model.0.bn"), 0);
}

TEST_F(BeginWithWeights, SaysWhatDoesNotFitByTheNameInTheFile) {
  const NamedTensors good = folded_tensors(3);
  const auto network = make_detector({"yolov8n", 3, 32}, 1);
  const NamedTensors before = module_state(*network);
  const auto refused = [&](const NamedTensors& tensors, const std::string& text) {
    EXPECT_ERSATZ_ERROR(begin_with_weights(*network, save(tensors)), ExitCode::kUntrustedData,
                        text);
  };
  NamedTensors bad = good;
  bad["model.9.cv1.conv.bias"] = torch::zeros({127});
  refused(bad, "1 of another shape: model.9.cv1.conv.bias");
  bad = good;
  bad["model.9.cv1.conv.bias"] = torch::zeros({128}, torch::kInt32);
  refused(bad, "1 of another shape: model.9.cv1.conv.bias");
  bad = good;
  bad["model.9.cv1.conv.bias"] = torch::full({128}, std::numeric_limits<float>::infinity());
  refused(bad, "'model.9.cv1.conv.bias' has NaN or infinite");
  bad = good;
  bad["model.9.cv1.bn.bias"] = torch::zeros({128});
  refused(bad, "1 left over: model.9.cv1.conv.bias");
  bad = good;
  bad.erase("model.9.cv1.conv.bias");
  refused(bad, "4 missing: model.9.cv1.bn.bias");
  refused({{"conv1.weight", torch::zeros({1})}}, "no weights of YOLOv8 by Ultralytics' names");
  for (const auto& [name, tensor] : module_state(*network)) {
    EXPECT_TRUE(torch::equal(tensor, before.at(name))) << name << " was changed";
  }
  const auto large = make_detector({"yolov8s", 3, 32}, 1);
  EXPECT_ERSATZ_ERROR(begin_with_weights(*large, save(good)), ExitCode::kUsage,
                      "weights of YOLOv8n, not of YOLOv8s");
}

TEST_F(BeginWithWeights, PublishedWeights) {
  ERSATZ_REQUIRE_SHARED(file, "data/weights/yolov8n-seg_deq_f16.safetensors");
  const auto network = make_detector({"yolov8n", 80, 32}, 1);
  const TakenWeights taken = begin_with_weights(*network, file);
  EXPECT_TRUE(taken.drawn.empty());
  EXPECT_EQ(taken.unfolded.size(), 57U);
  Yolov8LoadOptions options;
  options.masks = false;
  const auto folded = load_yolov8(file, options);
  const torch::Tensor images = torch::rand({1, 3, 96, 128});
  expect_equal(network->predict(images), folded->predict(images));
  const auto apples = make_detector({"yolov8n", 1, 32}, 1);
  const TakenWeights fewer = begin_with_weights(*apples, file);
  EXPECT_TRUE(std::all_of(fewer.drawn.begin(), fewer.drawn.end(), is_of_class_branch));
  EXPECT_TRUE(
      torch::allclose(apples->predict(images).boxes, folded->predict(images).boxes, 1e-4, 1e-3));
}

}  // namespace
}  // namespace ersatz::models
