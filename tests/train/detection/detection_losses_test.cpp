#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "models/detection/anchors.h"
#include "models/detection/detector_zoo.h"
#include "models/detection/retinanet.h"
#include "train/detection/box_loss.h"
#include "train/detection/detection_loss.h"
#include "train/detection/retinanet_loss.h"
#include "train/detection/yolov5_loss.h"
#include "train/detection/yolov8_loss.h"

namespace ersatz::train {
namespace {

double logistic(double logit, double wanted) {
  const double p = 1 / (1 + std::exp(-logit));
  return -wanted * std::log(p) - (1 - wanted) * std::log(1 - p);
}

constexpr float kSure = 20;

// One level of 1 x 3 cells of 8 px: every side is expected at 1 cell, classes at a half.
models::DetectorMaps flat_maps(std::int64_t classes) {
  models::DetectorMaps maps;
  models::DetectorMaps::Level level;
  level.stride = 8;
  level.boxes = torch::zeros({1, 4, 16, 1, 3});
  level.boxes.select(2, 1).fill_(kSure);
  level.boxes = level.boxes.view({1, 64, 1, 3});
  level.classes = torch::zeros({1, classes, 1, 3});
  maps.levels.push_back(level);
  return maps;
}

TEST(Yolov8Loss, ByHand) {
  const Yolov8Loss loss;
  const DetectionTargets targets = detection_targets({{{1, 0, 0, 16, 8}}});
  const DetectionLosses losses = loss(flat_maps(2), targets, 32);
  // Cells 0 and 1 are inside; they predict boxes of 2 x 2 cells around themselves, both at the same
  // distance from the object's middle, so both weigh their overlap.
  const float cell0[] = {-0.5F, -0.5F, 1.5F, 1.5F}, object[] = {0, 0, 2, 1};
  const double overlap = complete_overlap(object, cell0);
  ASSERT_GT(overlap, 0.3);
  // The sum of the weights is below 1 and counts as 1.
  EXPECT_NEAR(losses.parts[0].item<double>(), 7.5 * 2 * overlap * (1 - overlap), 1e-4);
  const double classes = 0.5 * (2 * logistic(0, overlap) + 4 * logistic(0, 0));
  EXPECT_NEAR(losses.parts[1].item<double>(), classes, 1e-5);
  // Distances of half a cell and of one and a half: half of the weight at the sure bin, half at one
  // that is kSure less likely.
  EXPECT_NEAR(losses.parts[2].item<double>(), 1.5 * 2 * overlap * kSure / 2, 1e-3);
  EXPECT_NEAR(losses.total.item<double>(),
              losses.parts[0].item<double>() + losses.parts[1].item<double>() +
                  losses.parts[2].item<double>(),
              1e-5);
}

TEST(Yolov8Loss, WithoutObjectsOnlyClassesCount) {
  const DetectionLosses losses = Yolov8Loss()(flat_maps(2), detection_targets({{}}), 32);
  EXPECT_EQ(losses.parts[0].item<double>(), 0);
  EXPECT_NEAR(losses.parts[1].item<double>(), 0.5 * 6 * std::log(2.0), 1e-5);
  EXPECT_EQ(losses.parts[2].item<double>(), 0);
}

TEST(Yolov5Match, ByHand) {
  // Cells of 8 px, anchors of 1 x 1, 4 x 4 and 1 x 8 cells; an object of 2 x 2 cells with its
  // middle at (2.25, 3.75): it matches the first two (ratios 2 and 2), not the third (ratio 4 in
  // height).
  const float anchors[] = {1, 1, 4, 4, 1, 8};
  const DetectionTargets targets = detection_targets({{{5, 10, 22, 26, 38}}});
  const AnchorMatches matches = match_yolov5(targets, anchors, 8, 6, 6, 4);
  ASSERT_EQ(matches.size(), 6U);  // two anchors, in the cell, to its left and below
  EXPECT_EQ(matches.anchors, (std::vector<std::int64_t>{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(matches.columns, (std::vector<std::int64_t>{2, 1, 2, 2, 1, 2}));
  EXPECT_EQ(matches.rows, (std::vector<std::int64_t>{3, 3, 4, 3, 3, 4}));
  EXPECT_FLOAT_EQ(matches.boxes[0], 0.25F);
  EXPECT_FLOAT_EQ(matches.boxes[1], 0.75F);
  EXPECT_FLOAT_EQ(matches.boxes[4], 1.25F);
  EXPECT_FLOAT_EQ(matches.boxes[9], -0.25F);
  EXPECT_FLOAT_EQ(matches.boxes[2], 2.0F);
  EXPECT_EQ(matches.classes[0], 5);
}

TEST(Yolov5Match, StaysInTheMap) {
  const float anchors[] = {1, 1, 9, 9, 9, 9};
  // Middle at (0.25, 0.25): no neighbours to the left or above.
  const AnchorMatches corner =
      match_yolov5(detection_targets({{{0, 0, 0, 4, 4}}}), anchors, 8, 2, 2, 4);
  EXPECT_EQ(corner.size(), 1U);
  const AnchorMatches other =
      match_yolov5(detection_targets({{{0, 12, 12, 16, 16}}}), anchors, 8, 2, 2, 4);
  EXPECT_EQ(other.size(), 1U);
}

TEST(Yolov5Loss, ByHand) {
  // One level of 1 x 1 cells of 8 px, one anchor of three that fits, all logits 0: the box is the
  // anchor in the middle of the cell.
  models::DetectorMaps maps;
  models::DetectorMaps::Level level;
  level.stride = 8;
  level.boxes = torch::zeros({1, 3 * 7, 1, 1});
  maps.levels.push_back(level);
  torch::Tensor anchors = torch::full({3, 3, 2}, 100.0F);
  anchors[0][0] = torch::tensor({1.0F, 0.5F});
  const Yolov5Loss loss(anchors, 2);
  const DetectionLosses losses = loss(maps, detection_targets({{{1, 0, 0, 8, 8}}}), 640);
  const float said[] = {0, 0.25F, 1, 0.75F}, object[] = {0, 0, 1, 1};
  const double overlap = complete_overlap(said, object);
  // One level instead of three: weights times 3.
  EXPECT_NEAR(losses.parts[0].item<double>(), 0.05 * 3 * (1 - overlap), 1e-6);
  EXPECT_NEAR(losses.parts[1].item<double>(),
              4 * 3 * (logistic(0, overlap) + 2 * logistic(0, 0)) / 3, 1e-5);
  EXPECT_NEAR(losses.parts[2].item<double>(), 0.5 * 3 * 2 / 80 * std::log(2.0), 1e-6);
}

TEST(FocalLoss, ByHand) {
  const torch::Tensor loss =
      focal_loss(torch::tensor({0.0F, 2.0F, -1.0F}), torch::tensor({1.0F, 0.0F, 1.0F}), 0.25, 2);
  const auto p = [](double x) { return 1 / (1 + std::exp(-x)); };
  EXPECT_NEAR(loss[0].item<double>(), 0.25 * 0.25 * std::log(2.0), 1e-6);
  EXPECT_NEAR(loss[1].item<double>(), -0.75 * p(2) * p(2) * std::log(1 - p(2)), 1e-6);
  EXPECT_NEAR(loss[2].item<double>(), -0.25 * p(1) * p(1) * std::log(p(-1)), 1e-6);
}

TEST(RetinaAnchors, AreThoseOfTorchvision) {
  const torch::Tensor anchors = models::retina_anchors({{4, 4}, {2, 2}}, 32, torch::kFloat32);
  ASSERT_EQ(anchors.size(0), 9 * (16 + 4));
  // Ratio 1/2: 45.25 x 22.63, halves 22.63 and 11.31 rounded.
  EXPECT_TRUE(torch::equal(anchors[0], torch::tensor({-23.0F, -11.0F, 23.0F, 11.0F})));
  EXPECT_TRUE(torch::equal(anchors[4], torch::tensor({-20.0F, -20.0F, 20.0F, 20.0F})));
  EXPECT_TRUE(torch::equal(anchors[5], torch::tensor({-25.0F, -25.0F, 25.0F, 25.0F})));
  // The second cell of the first row is 8 px to the right; the second level has twice the sizes.
  EXPECT_TRUE(torch::equal(anchors[9 + 3], torch::tensor({-8.0F, -16.0F, 24.0F, 16.0F})));
  EXPECT_TRUE(torch::equal(anchors[9 * 16 + 3], torch::tensor({-32.0F, -32.0F, 32.0F, 32.0F})));
}

TEST(BoxCode, ByHandAndBack) {
  const torch::Tensor anchor = torch::tensor({{0.0F, 0.0F, 10.0F, 20.0F}});
  const torch::Tensor box = torch::tensor({{5.0F, 5.0F, 25.0F, 15.0F}});
  const torch::Tensor code = models::encode_boxes(box, anchor);
  EXPECT_TRUE(torch::allclose(code, torch::tensor({{1.0F, 0.0F, std::log(2.0F), std::log(0.5F)}}),
                              1e-6, 1e-6));
  EXPECT_TRUE(torch::allclose(models::decode_boxes(code, anchor), box, 1e-5, 1e-5));
}

TEST(MatchAnchors, ByHand) {
  // Overlaps with the object of 10 x 10: 1, 0.45, 0.3, 0.
  const float anchors[] = {0, 0, 10, 10, 0, 0, 10, 4.5F, 0, 0, 10, 3, 50, 50, 60, 60};
  const float object[] = {0, 0, 10, 10};
  EXPECT_EQ(
      match_anchors(object, 1, anchors, 4, 0.5, 0.4),
      (std::vector<std::int64_t>{0, kBetweenAnchors, kBackgroundAnchors, kBackgroundAnchors}));
  // Without the first, the best one is taken, however little it overlaps.
  EXPECT_EQ(match_anchors(object, 1, anchors + 8, 2, 0.5, 0.4),
            (std::vector<std::int64_t>{0, kBackgroundAnchors}));
  EXPECT_EQ(match_anchors(object, 0, anchors, 1, 0.5, 0.4),
            (std::vector<std::int64_t>{kBackgroundAnchors}));
}

TEST(RetinaNetLoss, ByHandWithoutObjects) {
  models::DetectorMaps maps;
  for (const std::int64_t side : {4, 2, 1, 1, 1}) {
    models::DetectorMaps::Level level;
    level.boxes = torch::ones({1, 36, side, side});
    level.classes = torch::zeros({1, 9, side, side});
    maps.levels.push_back(level);
  }
  const RetinaNetLoss loss(32);
  const DetectionLosses losses = loss(maps, detection_targets({{}}), 32);
  // 9 * 23 anchors, each 0.75 / 4 * log 2.
  EXPECT_NEAR(losses.parts[0].item<double>(), 9 * 23 * 0.75 * 0.25 * std::log(2.0), 1e-3);
  EXPECT_EQ(losses.parts[1].item<double>(), 0);
}

// Of a picture of 32 px: every box is its anchor, and nothing is anything.
models::DetectorMaps anchors_without_a_class() {
  models::DetectorMaps maps;
  for (const std::int64_t side : {4, 2, 1, 1, 1}) {
    models::DetectorMaps::Level level;
    level.boxes = torch::zeros({1, 36, side, side});
    level.classes = torch::full({1, 9, side, side}, -30.0F);
    maps.levels.push_back(level);
  }
  return maps;
}

TEST(RetinaNetLoss, BoxesByHand) {
  const models::DetectorMaps maps = anchors_without_a_class();
  // The object is a square anchor of the first level (24 to the left of it by nothing): its code is
  // 0. Others overlap by at least a half: their codes, by the same formulas, are summed.
  const DetectionTargets targets = detection_targets({{{0, 0, 0, 32, 32}}});
  std::vector<models::MapSize> sizes = {{4, 4}, {2, 2}, {1, 1}, {1, 1}, {1, 1}};
  const torch::Tensor anchors = models::retina_anchors(sizes, 32, torch::kFloat32);
  const std::vector<std::int64_t> matches = match_anchors(
      targets.boxes.data_ptr<float>(), 1, anchors.data_ptr<float>(), anchors.size(0), 0.5, 0.4);
  double sum = 0;
  int found = 0;
  for (std::int64_t a = 0; a < anchors.size(0); ++a) {
    if (matches[static_cast<std::size_t>(a)] != 0) continue;
    ++found;
    const float* c = anchors.data_ptr<float>() + 4 * a;
    const double w = c[2] - c[0], h = c[3] - c[1];
    sum += std::abs((16 - (c[0] + w / 2)) / w) + std::abs((16 - (c[1] + h / 2)) / h) +
           std::abs(std::log(32 / w)) + std::abs(std::log(32 / h));
  }
  ASSERT_GT(found, 3);
  EXPECT_NEAR(RetinaNetLoss(32)(maps, targets, 32).parts[1].item<double>(), sum / found, 1e-4);
}

TEST(RetinaNetLoss, SecondVersionMeasuresTheOverlap) {
  const models::DetectorMaps maps = anchors_without_a_class();
  const float object[] = {2, 3, 30, 29};
  const DetectionTargets targets = detection_targets({{{0, 2, 3, 30, 29}}});
  const torch::Tensor anchors =
      models::retina_anchors({{4, 4}, {2, 2}, {1, 1}, {1, 1}, {1, 1}}, 32, torch::kFloat32);
  const float* corners = anchors.data_ptr<float>();
  const auto matches = match_anchors(object, 1, corners, anchors.size(0), 0.5, 0.4);
  double sum = 0;
  int found = 0;
  for (std::int64_t a = 0; a < anchors.size(0); ++a) {
    if (matches[static_cast<std::size_t>(a)] != 0) continue;
    ++found;
    // Codes of 0 are the anchor itself.
    const float* c = corners + 4 * a;
    const double both = std::max(0.0, std::min<double>(c[2], 30) - std::max<double>(c[0], 2)) *
                        std::max(0.0, std::min<double>(c[3], 29) - std::max<double>(c[1], 3));
    const double either = (c[2] - c[0]) * (c[3] - c[1]) + 28.0 * 26 - both;
    const double hull = (std::max<double>(c[2], 30) - std::min<double>(c[0], 2)) *
                        (std::max<double>(c[3], 29) - std::min<double>(c[1], 3));
    sum += 1 - (both / either - (hull - either) / hull);
  }
  ASSERT_GT(found, 3);
  RetinaNetLossOptions options;
  options.generalised_overlap = true;
  EXPECT_NEAR(RetinaNetLoss(32, options)(maps, targets, 32).parts[1].item<double>(), sum / found,
              1e-4);
}

// Every family: finite, with gradients everywhere, and smaller when it has learnt.
class FamilyLoss : public ::testing::TestWithParam<const char*> {};

TEST_P(FamilyLoss, IsFiniteAndReachesEveryParameter) {
  const auto network = models::make_detector({GetParam(), 3, 8}, 1);
  network->train();
  const auto loss = make_detection_loss(*network);
  torch::manual_seed(2);
  const torch::Tensor images = torch::rand({2, 3, 64, 64});
  const DetectionTargets targets =
      detection_targets({{{0, 4, 4, 20, 24}, {2, 30, 10, 60, 50}}, {{1, 8, 30, 40, 60}}});
  const DetectionLosses losses = (*loss)(network->maps(images), targets, 64);
  ASSERT_EQ(losses.parts.size(), loss->part_names().size());
  EXPECT_TRUE(std::isfinite(losses.total.item<double>()));
  losses.total.backward();
  for (const auto& item : network->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
    if (item.value().grad().defined()) {
      EXPECT_TRUE(torch::isfinite(item.value().grad()).all().item<bool>()) << item.key();
    }
  }
}

// The same picture twice: what the parts of a batch count for.
TEST_P(FamilyLoss, SaysWhetherItsTotalIsAMean) {
  const torch::NoGradGuard no_grad;
  const auto network = models::make_detector({GetParam(), 3, 8}, 1);
  network->eval();
  const auto loss = make_detection_loss(*network);
  torch::manual_seed(2);
  const torch::Tensor image = torch::rand({1, 3, 64, 64});
  const std::vector<data::ObjectBox> objects = {
      {0, 4, 4, 20, 24}, {2, 30, 10, 60, 50}, {1, 8, 30, 40, 60}};
  const auto total = [&](const torch::Tensor& images,
                         const std::vector<std::vector<data::ObjectBox>>& boxes) {
    return (*loss)(network->maps(images), detection_targets(boxes), 64).total.item<double>();
  };
  const double once = total(image, {objects});
  const double twice = total(torch::cat({image, image}), {objects, objects});
  EXPECT_NEAR(twice / once, loss->is_mean() ? 1 : 2, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Families, FamilyLoss,
                         ::testing::Values("yolov8n", "yolov5n", "retinanet_resnet18",
                                           "retinanet_resnet18_v2"));

}  // namespace
}  // namespace ersatz::train
