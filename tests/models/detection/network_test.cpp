// The networks: sizes, names, folding, decoding.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <set>

#include "compute/torch_shim.h"
#include "models/detection/box_decode.h"
#include "models/detection/yolov8.h"
#include "models/detection/yolov8_weights.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::ExitCode;

Yolov8Config config_of(char scale, bool masks, std::int64_t classes = 80) {
  Yolov8Config config;
  config.scale = scale;
  config.masks = masks;
  config.classes = classes;
  return config;
}

// As Ultralytics counts them: parameters and the constant kernel of the bins.
std::int64_t parameters_of(const Yolov8& network) {
  std::int64_t count = kYolov8Bins;
  compute::for_each_parameter(
      network, [&](const std::string&, const torch::Tensor& tensor) { count += tensor.numel(); });
  return count;
}

TEST(Yolov8, ParameterCountsAreThePublishedOnes) {
  // Numbers of Ultralytics' model summaries, and in millions of their tables.
  const std::vector<std::pair<char, std::int64_t>> detection = {
      {'n', 3'157'200}, {'s', 11'166'560}, {'m', 25'902'640}, {'l', 43'691'520}, {'x', 68'229'648}};
  for (const auto& [scale, count] : detection) {
    EXPECT_EQ(parameters_of(Yolov8(config_of(scale, false))), count) << scale;
  }
  const std::vector<std::pair<char, double>> segmentation = {
      {'n', 3.4}, {'s', 11.8}, {'m', 27.3}, {'l', 46.0}, {'x', 71.8}};
  for (const auto& [scale, millions] : segmentation) {
    const auto count = static_cast<double>(parameters_of(Yolov8(config_of(scale, true))));
    EXPECT_NEAR(count / 1e6, millions, 0.0501) << scale;
  }
}

TEST(Yolov8, OperationsAreThePublishedOnes) {
  const std::vector<std::pair<char, double>> published = {
      {'n', 8.7}, {'s', 28.6}, {'m', 78.9}, {'l', 165.2}, {'x', 257.8}};
  for (const auto& [scale, gflop] : published) {
    EXPECT_NEAR(2 * yolov8_multiply_adds(config_of(scale, false), 640, 640) / 1e9, gflop,
                0.01 * gflop + 0.05)
        << scale;
  }
  // The published numbers of segmentation count a transposed convolution as if every pixel it makes
  // saw all four taps: three more times what it costs.
  const auto published_with_masks = [](char scale) {
    const double channels = static_cast<double>(Yolov8Sizes(scale).channels(256));
    return 2 *
           (yolov8_multiply_adds(config_of(scale, true), 640, 640) +
            3 * 4 * channels * channels * 80 * 80) /
           1e9;
  };
  EXPECT_NEAR(published_with_masks('n'), 12.6, 0.05);
  EXPECT_NEAR(published_with_masks('l'), 220.5, 0.05);
}

TEST(Yolov8, NamesAreUltralytics) {
  std::set<std::string> names;
  const Yolov8 network(config_of('s', true));
  const auto add = [&](const std::string& name, const torch::Tensor&) { names.insert(name); };
  compute::for_each_parameter(network, add);
  compute::for_each_buffer(network, add);
  for (const char* name :
       {"model.0.conv.weight", "model.0.bn.weight", "model.0.bn.bias", "model.0.bn.running_mean",
        "model.0.bn.running_var", "model.0.bn.num_batches_tracked", "model.2.cv1.conv.weight",
        "model.4.m.1.cv2.bn.bias", "model.9.cv2.conv.weight", "model.21.cv2.bn.weight",
        "model.22.cv2.0.0.conv.weight", "model.22.cv2.2.2.bias", "model.22.cv3.1.1.bn.running_var",
        "model.22.dfl.conv.weight", "model.22.cv4.2.2.weight", "model.22.proto.upsample.weight",
        "model.22.proto.upsample.bias", "model.22.proto.cv3.conv.weight"}) {
    EXPECT_EQ(names.count(name), 1U) << name;
  }
  EXPECT_EQ(names.count("model.10.weight"), 0U);
}

TEST(Yolov8, ShapesOfMapsAndPredictions) {
  const torch::NoGradGuard no_grad;
  Yolov8 network(config_of('n', true, 3));
  initialise_yolov8(network, 1);
  const torch::Tensor images = torch::rand({2, 3, 64, 96});
  const DetectorMaps maps = network.maps(images);
  ASSERT_EQ(maps.levels.size(), 3U);
  EXPECT_EQ(maps.levels[0].boxes.sizes(), (std::vector<std::int64_t>{2, 64, 8, 12}));
  EXPECT_EQ(maps.levels[1].classes.sizes(), (std::vector<std::int64_t>{2, 3, 4, 6}));
  EXPECT_EQ(maps.levels[2].coefficients.sizes(), (std::vector<std::int64_t>{2, 32, 2, 3}));
  EXPECT_EQ(maps.prototypes.sizes(), (std::vector<std::int64_t>{2, 32, 16, 24}));
  const Predictions predictions = network.predict(images);
  EXPECT_EQ(predictions.boxes.sizes(), (std::vector<std::int64_t>{2, 96 + 24 + 6, 4}));
  EXPECT_EQ(predictions.scores.sizes(), (std::vector<std::int64_t>{2, 126, 3}));
  EXPECT_EQ(predictions.coefficients.sizes(), (std::vector<std::int64_t>{2, 126, 32}));
  // One picture of a batch on its own.
  const Predictions alone = network.predict(images.narrow(0, 1, 1));
  EXPECT_TRUE(torch::allclose(alone.boxes[0], predictions.boxes[1], 1e-4, 1e-3));
  EXPECT_THROW(network.maps(torch::rand({1, 3, 60, 64})), c10::Error);
}

// Statistics that matter: not 0 and 1.
void disturb_norms(Yolov8& network) {
  const torch::NoGradGuard no_grad;
  const auto change = [](const std::string& name, torch::Tensor tensor) {
    if (name.find(".bn.") == std::string::npos || !tensor.is_floating_point()) return;
    const bool positive =
        name.find("running_var") != std::string::npos || name.find("weight") != std::string::npos;
    tensor.copy_(positive ? torch::rand(tensor.sizes()) + 0.5 : torch::randn(tensor.sizes()) * 0.1);
  };
  compute::for_each_parameter(network, change);
  compute::for_each_buffer(network, change);
}

TEST(Yolov8, FoldingNormalisationChangesNothing) {
  torch::manual_seed(1);
  for (const bool masks : {false, true}) {
    Yolov8 network(config_of('n', masks, 5));
    initialise_yolov8(network, 2);
    disturb_norms(network);
    const auto folded = fold_yolov8(network);
    const torch::Tensor images = torch::rand({1, 3, 96, 64});
    const Predictions a = network.predict(images), b = folded->predict(images);
    EXPECT_TRUE(torch::allclose(a.boxes, b.boxes, 1e-4, 1e-3));
    EXPECT_TRUE(torch::allclose(a.scores, b.scores, 1e-4, 1e-5));
    EXPECT_EQ(b.prototypes.defined(), masks);
    if (masks) {
      EXPECT_TRUE(torch::allclose(a.prototypes, b.prototypes, 1e-3, 1e-4));
      EXPECT_TRUE(torch::allclose(a.coefficients, b.coefficients, 1e-3, 1e-4));
    }
  }
}

TEST(Yolov8, FoldedPathsWithAndWithoutGradientsAgree) {
  torch::manual_seed(2);
  Yolov8Config config = config_of('n', true, 4);
  config.folded = true;
  Yolov8 network(config);
  initialise_yolov8(network, 3);
  const torch::Tensor images = torch::rand({1, 3, 64, 64});
  const DetectorMaps slow = network.maps(images);  // libtorch's layers
  const torch::NoGradGuard no_grad;
  const DetectorMaps fast = network.maps(images);  // ours
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(torch::allclose(slow.levels[i].boxes, fast.levels[i].boxes, 1e-3, 1e-4)) << i;
    EXPECT_TRUE(torch::allclose(slow.levels[i].classes, fast.levels[i].classes, 1e-3, 1e-4)) << i;
  }
  EXPECT_TRUE(torch::allclose(slow.prototypes, fast.prototypes, 1e-3, 1e-4));
}

TEST(Yolov8, TransposedConvolutionOfTheMasksIsLibtorchs) {
  torch::manual_seed(3);
  const torch::NoGradGuard no_grad;
  MaskPrototypes part(16, 16, 8, true);
  compute::for_each_parameter(
      part, [](const std::string&, torch::Tensor t) { t.copy_(torch::randn(t.sizes()) * 0.2); });
  std::map<std::string, torch::Tensor> p;
  compute::for_each_parameter(part, [&](const std::string& n, torch::Tensor t) { p[n] = t; });
  const torch::Tensor x = torch::randn({2, 16, 5, 7});
  const auto unit = [&](const torch::Tensor& in, const std::string& name, int padding) {
    return torch::silu(
        torch::conv2d(in, p.at(name + ".conv.weight"), p.at(name + ".conv.bias"), 1, padding));
  };
  torch::Tensor y = unit(x, "cv1", 1);
  y = torch::conv_transpose2d(y, p.at("upsample.weight"), p.at("upsample.bias"), 2);
  y = unit(unit(y, "cv2", 1), "cv3", 0);
  EXPECT_TRUE(torch::allclose(part.forward(x), y, 1e-4, 1e-4));
}

TEST(Yolov8, GradientsReachEveryParameter) {
  Yolov8 network(config_of('n', true, 2));
  initialise_yolov8(network, 4);
  network.train();
  const DetectorMaps maps = network.maps(torch::rand({2, 3, 64, 64}));
  torch::Tensor sum = maps.prototypes.sum();
  for (const DetectorMaps::Level& level : maps.levels) {
    sum = sum + level.boxes.sum() + level.classes.sum() + level.coefficients.sum();
  }
  sum.backward();
  compute::for_each_parameter(network, [](const std::string& name, const torch::Tensor& tensor) {
    EXPECT_TRUE(tensor.grad().defined()) << name;
  });
}

TEST(Yolov8, ImpossibleConfigurationsAreRefused) {
  EXPECT_ERSATZ_ERROR(Yolov8(config_of('q', false)), ExitCode::kUsage, "scale of YOLOv8");
  EXPECT_ERSATZ_ERROR(Yolov8(config_of('n', false, 0)), ExitCode::kUsage, "0 classes");
  Yolov8Config config = config_of('n', true);
  config.prototypes = 0;
  EXPECT_ERSATZ_ERROR(Yolov8{config}, ExitCode::kUsage, "0 mask prototypes");
}

TEST(BoxDecode, MiddlesOfCellsAndMeansOfBins) {
  const CellCentres cells = cell_centres({{1, 2, 8}, {1, 1, 16}}, torch::kFloat32);
  EXPECT_TRUE(
      torch::equal(cells.points, torch::tensor({0.5F, 0.5F, 1.5F, 0.5F, 0.5F, 0.5F}).view({3, 2})));
  EXPECT_TRUE(torch::equal(cells.strides, torch::tensor({8.0F, 8.0F, 16.0F}).view({3, 1})));

  // One cell of stride 8 (and two that are not looked at); a large logit picks a bin, two equal
  // ones their middle.
  torch::Tensor logits = torch::zeros({1, 3, 64});
  logits[0][0][0 * 16 + 3] = 100;  // left: 3 cells
  logits[0][0][1 * 16 + 0] = 100;  // top: 0
  logits[0][0][2 * 16 + 4] = 100;  // right: 4.5
  logits[0][0][2 * 16 + 5] = 100;
  logits[0][0][3 * 16 + 15] = 100;  // bottom: 15
  const torch::Tensor distances = expected_distances(logits, 16);
  EXPECT_TRUE(torch::allclose(distances[0][0], torch::tensor({3.0F, 0.0F, 4.5F, 15.0F})));
  EXPECT_TRUE(torch::allclose(distances[0][1], torch::full({4}, 7.5F)));  // all bins alike
  const torch::Tensor boxes = boxes_of_bins(logits, {{1, 2, 8}, {1, 1, 16}});
  EXPECT_TRUE(torch::allclose(boxes[0][0], torch::tensor({-20.0F, 4.0F, 40.0F, 124.0F})));
  EXPECT_TRUE(torch::allclose(boxes[0][2], torch::tensor({-112.0F, -112.0F, 128.0F, 128.0F})));
}

}  // namespace
}  // namespace ersatz::models
