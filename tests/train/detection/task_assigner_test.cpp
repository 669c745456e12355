#include "train/detection/task_assigner.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "train/detection/box_loss.h"

namespace ersatz::train {
namespace {

// A row of cells of 8 px with middles at 4, 12, 20, ...
torch::Tensor row_of_centres(std::int64_t count) {
  const torch::Tensor x = torch::arange(count).to(torch::kFloat32) * 8 + 4;
  return torch::stack({x, torch::full({count}, 4.0F)}, 1);
}

TEST(TaskAssigner, ByHand) {
  // One object over cells 1 and 2 (x 8 to 24); what cells 0 to 3 predict is given.
  const DetectionTargets targets = detection_targets({{{0, 8, 0, 24, 8}}});
  const torch::Tensor boxes = torch::tensor({8.0F, 0.0F, 24.0F, 8.0F,  // cell 0: right, but outside
                                             8.0F, 0.0F, 24.0F, 8.0F,  // cell 1: right
                                             8.0F, 0.0F, 16.0F, 8.0F,  // cell 2: half
                                             8.0F, 0.0F, 24.0F, 8.0F});  // cell 3: right, outside
  const torch::Tensor scores = torch::tensor({0.9F, 0.25F, 0.64F, 0.9F}).view({1, 4, 1});
  const Assignment assignment =
      assign_tasks(scores, boxes.view({1, 4, 4}), row_of_centres(4), targets);
  EXPECT_TRUE(torch::equal(assignment.objects, torch::tensor({{-1, 0, 0, -1}}, torch::kInt64)));
  // Measures: cell 1 0.5 * 1^6; cell 2 0.8 * overlap^6. Scaled such that the largest, 0.5, becomes
  // the best overlap, 1.
  const float half[] = {8, 0, 16, 8}, object[] = {8, 0, 24, 8};
  const double overlap = complete_overlap(half, object);
  EXPECT_NEAR(assignment.weights[0][1].item<float>(), 1, 1e-5);
  EXPECT_NEAR(assignment.weights[0][2].item<float>(), 0.8 * std::pow(overlap, 6) * 2, 1e-6);
  EXPECT_EQ(assignment.weights[0][0].item<float>(), 0);
}

TEST(TaskAssigner, ChoosesTheTopAndGivesSharedPlacesToTheBetterOverlap) {
  // Two objects over all 6 cells, the second one larger; every cell predicts the first.
  const DetectionTargets targets = detection_targets({{{0, 0, 0, 48, 8}, {0, 0, -8, 48, 16}}});
  const torch::Tensor boxes = torch::tensor({0.0F, 0.0F, 48.0F, 8.0F}).repeat({6}).view({1, 6, 4});
  const torch::Tensor scores = torch::tensor({0.1F, 0.9F, 0.2F, 0.8F, 0.3F, 0.7F}).view({1, 6, 1});
  AssignerOptions options;
  options.top = 3;
  const Assignment assignment = assign_tasks(scores, boxes, row_of_centres(6), targets, options);
  EXPECT_TRUE(
      torch::equal(assignment.objects, torch::tensor({{-1, 0, -1, 0, -1, 0}}, torch::kInt64)));
}

TEST(TaskAssigner, TinyObjectsOfAnUntrainedNetworkHaveWeights) {
  // 10 x 10 px in a box of 120 x 120, a score of 0.001: a measure near 1e-15.
  const DetectionTargets targets = detection_targets({{{0, 0, 0, 10, 10}}});
  const float box[] = {-56, -56, 64, 64}, object[] = {0, 0, 10, 10};
  const torch::Tensor boxes = torch::tensor({-56.0F, -56.0F, 64.0F, 64.0F}).view({1, 1, 4});
  for (const auto assign : {assign_tasks_by_loops, assign_tasks_by_tensors}) {
    const Assignment assignment =
        assign(torch::full({1, 1, 1}, 0.001F), boxes, row_of_centres(1), targets, {});
    EXPECT_EQ(assignment.objects.item<std::int64_t>(), 0);
    EXPECT_NEAR(assignment.weights.item<float>(), complete_overlap(object, box), 1e-6);
    EXPECT_GT(assignment.weights.item<float>(), 0.004);
  }
}

TEST(TaskAssigner, PicturesWithoutObjectsHaveNone) {
  const DetectionTargets targets = detection_targets({{}, {{0, 0, 0, 9, 9}}});
  const Assignment assignment =
      assign_tasks(torch::full({2, 3, 1}, 0.5F),
                   torch::tensor({0.0F, 0.0F, 9.0F, 9.0F}).repeat({6}).view({2, 3, 4}),
                   row_of_centres(3), targets);
  EXPECT_TRUE(assignment.objects[0].lt(0).all().item<bool>());
  EXPECT_EQ(assignment.objects[1][0].item<std::int64_t>(), 0);
}

TEST(TaskAssigner, LoopsAndTensorsAgree) {
  torch::manual_seed(1);
  for (int round = 0; round < 6; ++round) {
    const std::int64_t side = 12, places = side * side;
    const torch::Tensor x = (torch::arange(side).to(torch::kFloat32) + 0.5) * 8;
    const torch::Tensor centres = torch::stack({x.repeat({side}), x.repeat_interleave(side)}, 1);
    std::vector<std::vector<data::ObjectBox>> objects(3);
    for (std::size_t b = 0; b < 2; ++b) {
      for (int i = 0; i < 7; ++i) {
        const torch::Tensor r = torch::rand({4});
        const float left = r[0].item<float>() * 60, top = r[1].item<float>() * 60;
        objects[b].push_back({i % 3, left, top, left + 6 + r[2].item<float>() * 30,
                              top + 6 + r[3].item<float>() * 30});
      }
    }
    const DetectionTargets targets = detection_targets(objects);
    // Predictions around the places, so that overlaps are not 0.
    const torch::Tensor reach = torch::rand({3, places, 2}) * 20 + 3;
    const torch::Tensor boxes = torch::cat({centres - reach, centres + reach}, 2);
    const torch::Tensor scores = torch::rand({3, places, 3});
    AssignerOptions options;
    options.top = 4 + round;
    const Assignment loops = assign_tasks_by_loops(scores, boxes, centres, targets, options);
    const Assignment tensors = assign_tasks_by_tensors(scores, boxes, centres, targets, options);
    EXPECT_TRUE(torch::equal(loops.objects, tensors.objects)) << round;
    EXPECT_TRUE(torch::allclose(loops.weights, tensors.weights, 1e-4, 1e-6)) << round;
    EXPECT_GT(loops.objects.ge(0).sum().item<std::int64_t>(), 30);
  }
}

}  // namespace
}  // namespace ersatz::train
