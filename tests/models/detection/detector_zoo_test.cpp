#include "models/detection/detector_zoo.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>

#include "compute/torch_shim.h"
#include "core/file_system.h"
#include "models/detection/detector_file.h"
#include "models/detection/detector_weights.h"
#include "models/detection/open_detector.h"
#include "models/detection/retinanet.h"
#include "models/detection/yolov5.h"
#include "models/module_state.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::ExitCode;

std::int64_t parameter_count(const Detector& network) {
  std::int64_t count = 0;
  compute::for_each_parameter(
      network, [&](const std::string&, const torch::Tensor& t) { count += t.numel(); });
  return count;
}

TEST(DetectorZoo, HasThePublishedSizes) {
  // Parameters with 80 (91) classes: ultralytics/yolov5 and torchvision's model pages.
  EXPECT_EQ(parameter_count(*make_detector({"yolov5n", 80, 32}, 1)), 1'872'157);
  EXPECT_EQ(parameter_count(*make_detector({"yolov5s", 80, 32}, 1)), 7'235'389);
  EXPECT_EQ(parameter_count(*make_detector({"yolov5m", 80, 32}, 1)), 21'190'557);
  // torchvision freezes the backbone's normalisations, which are no parameters then.
  const auto retina = make_detector({"retinanet_resnet50", 91, 32}, 1);
  std::int64_t norms = 0;
  compute::for_each_parameter(*retina, [&](const std::string& name, const torch::Tensor& t) {
    if (name.rfind("backbone.body.", 0) == 0 && t.dim() == 1) norms += t.numel();
  });
  EXPECT_EQ(parameter_count(*retina) - norms, 34'014'999);
  EXPECT_EQ(parameter_count(*make_detector({"retinanet_resnet50_v2", 91, 32}, 1)), 38'198'935);
}

TEST(DetectorZoo, NamesAreThoseOfPublishedWeights) {
  const NamedTensors yolo = module_state(*make_detector({"yolov5n", 80, 32}, 1));
  for (const char* name :
       {"model.0.conv.weight", "model.2.cv1.bn.running_mean", "model.2.m.0.cv2.conv.weight",
        "model.9.cv2.conv.weight", "model.23.cv3.bn.bias", "model.24.m.0.weight",
        "model.24.m.2.bias", "model.24.anchors"}) {
    EXPECT_EQ(yolo.count(name), 1U) << name;
  }
  EXPECT_EQ(yolo.at("model.0.conv.weight").sizes().vec(), (std::vector<std::int64_t>{16, 3, 6, 6}));
  const NamedTensors retina = module_state(*make_detector({"retinanet_resnet50", 91, 32}, 1));
  for (const char* name :
       {"backbone.body.conv1.weight", "backbone.body.layer1.0.downsample.1.running_var",
        "backbone.body.layer4.2.conv3.weight", "backbone.fpn.inner_blocks.2.bias",
        "backbone.fpn.layer_blocks.0.weight", "backbone.fpn.extra_blocks.p6.weight",
        "head.classification_head.conv.6.bias", "head.classification_head.cls_logits.weight",
        "head.regression_head.conv.0.weight", "head.regression_head.bbox_reg.bias"}) {
    EXPECT_EQ(retina.count(name), 1U) << name;
  }
  const NamedTensors second = module_state(*make_detector({"retinanet_resnet50_v2", 91, 32}, 1));
  for (const char* name :
       {"backbone.fpn.inner_blocks.2.bias", "head.classification_head.conv.0.0.weight",
        "head.classification_head.conv.3.1.bias", "head.classification_head.cls_logits.weight",
        "head.regression_head.conv.2.1.weight", "head.regression_head.bbox_reg.bias"}) {
    EXPECT_EQ(second.count(name), 1U) << name;
  }
  EXPECT_EQ(second.count("head.regression_head.conv.0.0.bias"), 0U);
  EXPECT_EQ(second.at("backbone.fpn.extra_blocks.p6.weight").size(1), 2048);
}

class DetectorFile : public ::testing::TestWithParam<const char*> {};

TEST_P(DetectorFile, WeightsMakeTheRoundTrip) {
  const test::TemporaryFolder folder;
  const DetectorArchitecture architecture{GetParam(), 2, 16};
  const auto network = make_detector(architecture, 7);
  const auto file = folder / "w.safetensors";
  save_detector(file, module_state(*network), {architecture, {"apple", "pear"}, 96});
  ASSERT_TRUE(is_detector_file(file));
  const LoadedDetector loaded = load_detector(file);
  EXPECT_EQ(loaded.description.architecture.name, GetParam());
  EXPECT_EQ(loaded.description.architecture.smallest_anchor, 16);
  const torch::Tensor images = torch::rand({2, 3, 64, 96});
  const Predictions a = network->predict(images), b = loaded.network->predict(images);
  EXPECT_TRUE(torch::equal(a.boxes, b.boxes));
  EXPECT_TRUE(torch::equal(a.scores, b.scores));
  EXPECT_EQ(a.scores.size(2), 2);
  EXPECT_EQ(a.boxes.size(1), a.scores.size(1));
  const OpenedDetector opened = open_detector(file, {}, torch::kCPU);
  EXPECT_EQ(opened.classes, (std::vector<std::string>{"apple", "pear"}));
  EXPECT_TRUE(torch::equal(opened.predictor->predict(images).scores, a.scores));
  // As a beginning for the same classes everything is taken, for others all but the last layers.
  EXPECT_TRUE(begin_with_weights(*make_detector(architecture, 1), file).drawn.empty());
  EXPECT_FALSE(begin_with_weights(*make_detector({GetParam(), 5, 16}, 1), file).drawn.empty());
}

INSTANTIATE_TEST_SUITE_P(Families, DetectorFile,
                         ::testing::Values("yolov8n", "yolov5n", "retinanet_resnet18",
                                           "retinanet_resnet18_v2"));

TEST(Yolov5, DecodesByHand) {
  Yolov5 network({'n', 1});
  DetectorMaps maps;
  DetectorMaps::Level level;
  level.stride = 8;
  level.boxes = torch::zeros({1, 18, 1, 2});
  level.boxes[0][6 + 4][0][1] = 2;  // the second anchor of the second cell
  maps.levels.push_back(level);
  const Predictions p = network.decode(maps);
  ASSERT_EQ(p.boxes.size(1), 6);
  // Middle of the cell (12, 4), the anchor's own size, 16 x 30.
  EXPECT_TRUE(torch::allclose(p.boxes[0][3], torch::tensor({4.0F, -11.0F, 20.0F, 19.0F})));
  EXPECT_NEAR(p.scores[0][3][0].item<float>(), 0.5 / (1 + std::exp(-2.0)), 1e-6);
}

TEST(RetinaNet, TakesTheWeightsOfAClassifierAndNewerNames) {
  const test::TemporaryFolder folder;
  RetinaNet from({18, 3, 32}, 9);
  NamedTensors classifier, newer;
  for (const auto& [name, tensor] : module_state(from)) {
    const std::string body = "backbone.body.";
    if (name.rfind(body, 0) == 0) classifier[name.substr(body.size())] = tensor;
    std::string renamed = name;
    for (const auto& [older, now] :
         std::map<std::string, std::string>{{"inner_blocks.1.", "inner_blocks.1.0."},
                                            {"layer_blocks.2.", "layer_blocks.2.0."},
                                            {"_head.conv.6.", "_head.conv.3.0."}}) {
      const std::size_t at = renamed.find(older);
      if (at != std::string::npos) renamed.replace(at, older.size(), now);
    }
    newer[renamed] = tensor;
  }
  classifier["fc.weight"] = torch::zeros({10, 512});
  classifier["fc.bias"] = torch::zeros({10});
  save_safetensors(folder / "c.safetensors", classifier);
  save_safetensors(folder / "n.safetensors", newer);
  RetinaNet a({18, 3, 32}, 1), b({18, 3, 32}, 1);
  const auto drawn = begin_with_weights(a, folder / "c.safetensors").drawn;
  EXPECT_GT(drawn.size(), 10U);
  EXPECT_TRUE(torch::equal(module_state(a).at("backbone.body.layer3.1.conv2.weight"),
                           module_state(from).at("backbone.body.layer3.1.conv2.weight")));
  EXPECT_TRUE(begin_with_weights(b, folder / "n.safetensors").drawn.empty());
  const torch::Tensor images = torch::rand({1, 3, 64, 64});
  EXPECT_TRUE(torch::equal(b.predict(images).scores, from.predict(images).scores));
}

// Its heads have an index more in every version of torchvision, its pyramid in newer ones only.
TEST(RetinaNet, TakesNewerNamesOfTheSecondVersion) {
  const test::TemporaryFolder folder;
  const RetinaNetConfig config{18, 3, 32, 2};
  RetinaNet from(config, 9), to(config, 1);
  NamedTensors newer;
  for (const auto& [name, tensor] : module_state(from)) {
    std::string renamed = name;
    const std::string block = "layer_blocks.2.";
    if (const std::size_t at = name.find(block); at != std::string::npos) {
      renamed.insert(at + block.size(), "0.");
    }
    newer[renamed] = tensor;
  }
  save_safetensors(folder / "n.safetensors", newer);
  EXPECT_TRUE(begin_with_weights(to, folder / "n.safetensors").drawn.empty());
  const torch::Tensor images = torch::rand({1, 3, 64, 64});
  EXPECT_TRUE(torch::equal(to.predict(images).scores, from.predict(images).scores));
}

TEST(DetectorZoo, RefusesWhatThereIsNot) {
  EXPECT_ERSATZ_ERROR(make_detector({"yolov8q", 1, 32}, 1), ExitCode::kUsage, "yolov8");
  EXPECT_ERSATZ_ERROR(make_detector({"yolov5n", 0, 32}, 1), ExitCode::kUsage, "0 classes");
  EXPECT_ERSATZ_ERROR(make_detector({"retinanet_resnet18", 1, 1}, 1), ExitCode::kUsage, "anchors");
  EXPECT_ERSATZ_ERROR(RetinaNet({18, 1, 32, 3}, 1), ExitCode::kUsage, "not 3");
  const test::TemporaryFolder folder;
  core::write_file_atomic(folder / "x.safetensors", "not weights");
  EXPECT_FALSE(is_detector_file(folder / "x.safetensors"));
}

}  // namespace
}  // namespace ersatz::models
