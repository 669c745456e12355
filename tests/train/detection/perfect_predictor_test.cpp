// Validation of a predictor that knows the truth: letterbox, selection, scaling back to the files'
// pixels, ids and metrics lose nothing of it.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "data/scenes/scene.h"
#include "evaluate/detection/detector_evaluation.h"
#include "models/detection/letterbox.h"

namespace ersatz::train {
namespace {

constexpr int kSize = 96;

// Apple trees in files of several shapes, larger and smaller than the input. The objects' classes
// alternate; those of less than 6 px are crowds.
data::DetectionSet trees() {
  data::DetectionSet set;
  set.size = kSize;
  set.classes = {"apple", "pear"};
  const std::vector<std::pair<int, int>> shapes = {{96, 96}, {160, 96}, {50, 80}, {64, 64}};
  std::int64_t objects = 0;
  for (const auto& [width, height] : shapes) {
    data::SceneRequest request;
    request.kind = data::SceneKind::kAppleTree;
    request.fixed = {{"shot", "close-up"}};
    request.width = width;
    request.height = height;
    const auto index = static_cast<std::int64_t>(set.pictures.size());
    const data::Scene scene = data::draw_scene(request, 1, index);
    std::vector<data::ObjectBox> boxes;
    for (const data::SceneObject& object : scene.objects) {
      const data::PixelBox& box = object.box;
      boxes.push_back({objects++ % 2, static_cast<float>(box.x), static_cast<float>(box.y),
                       static_cast<float>(box.x + box.width),
                       static_cast<float>(box.y + box.height),
                       /*crowd=*/box.width < 6 || box.height < 6});
    }
    set.pictures.push_back(data::detection_picture("tree_" + std::to_string(index) + ".png",
                                                   scene.image, boxes, kSize));
  }
  return set;
}

std::int64_t single_objects(const data::DetectionSet& set) {
  std::int64_t count = 0;
  for (const data::DetectionPicture& picture : set.pictures) {
    count += std::count_if(picture.boxes.begin(), picture.boxes.end(),
                           [](const data::ObjectBox& box) { return !box.crowd; });
  }
  return count;
}

// Says what is in the set's pictures, one after another, with score 1.
class Oracle final : public models::Predictor {
 public:
  // Boxes are moved by `shift` of their width, classes counted on by `turn`.
  explicit Oracle(const data::DetectionSet& set, float shift = 0, std::int64_t turn = 0)
      : set_(set), shift_(shift), turn_(turn) {}

  models::Predictions predict(const torch::Tensor& images) override {
    const data::DetectionPicture& picture = set_.pictures.at(next_++);
    models::LetterboxOptions options;
    options.size = set_.size;
    const models::Letterbox plan =
        models::plan_letterbox(picture.image.width, picture.image.height, options);
    EXPECT_EQ(images.sizes(), (std::vector<std::int64_t>{1, 3, plan.height, plan.width}));
    // The longer side has the input's size already: the letterbox only pads.
    EXPECT_EQ(plan.gain, 1);
    const auto left = static_cast<float>(plan.left), top = static_cast<float>(plan.top);
    std::vector<float> corners;
    std::vector<std::int64_t> found;
    for (const data::ObjectBox& box : picture.boxes) {
      if (box.crowd) continue;
      const float x = left + shift_ * (box.x1 - box.x0);
      corners.insert(corners.end(), {box.x0 + x, box.y0 + top, box.x1 + x, box.y1 + top});
      found.push_back((box.class_index + turn_) % classes());
    }
    const auto count = static_cast<std::int64_t>(found.size());
    models::Predictions predictions;
    predictions.boxes = torch::tensor(corners).view({1, count, 4});
    predictions.scores = torch::zeros({1, count, classes()});
    for (std::int64_t i = 0; i < count; ++i) {
      predictions.scores[0][i][found[static_cast<std::size_t>(i)]] = 1;
    }
    return predictions;
  }
  std::int64_t classes() const override { return static_cast<std::int64_t>(set_.classes.size()); }
  bool has_masks() const override { return false; }
  std::int64_t stride() const override { return 32; }

 private:
  const data::DetectionSet& set_;
  float shift_;
  std::int64_t turn_;
  std::size_t next_ = 0;
};

// Apples lie in front of each other: nothing is suppressed.
evaluate::DetectorEvaluation evaluation_of(Oracle oracle, const data::DetectionSet& set) {
  evaluate::DetectorEvaluationOptions options;
  options.overlap = 1;
  return evaluate::evaluate_detector(oracle, set, options, torch::kCPU);
}

TEST(PerfectPredictor, HasFullPrecisionAndRecall) {
  const data::DetectionSet set = trees();
  ASSERT_GE(single_objects(set), 12);
  ASSERT_LT(single_objects(set), static_cast<std::int64_t>(set.boxes()));
  const evaluate::DetectorEvaluation result = evaluation_of(Oracle(set), set);
  EXPECT_EQ(static_cast<std::int64_t>(result.detections.size()), single_objects(set));
  EXPECT_NEAR(result.summary[0], 1, 1e-6);  // AP
  EXPECT_NEAR(result.summary[1], 1, 1e-6);  // AP50
  EXPECT_NEAR(result.summary[8], 1, 1e-6);  // AR100
  ASSERT_EQ(result.class_ap.size(), 2U);
  for (const double ap : result.class_ap) EXPECT_NEAR(ap, 1, 1e-6);
}

TEST(PerfectPredictor, IsNotPerfectWithMovedBoxesOrOtherClasses) {
  const data::DetectionSet set = trees();
  // Half a width: every box overlaps its object by a third. A tenth: by 0.82, enough for AP50.
  EXPECT_LT(evaluation_of(Oracle(set, 0.5F), set).summary[1], 0.5);
  const evaluate::DetectorEvaluation near = evaluation_of(Oracle(set, 0.1F), set);
  EXPECT_GT(near.summary[1], 0.8);
  EXPECT_LT(near.summary[0], 0.9);
  EXPECT_LT(evaluation_of(Oracle(set, 0, 1), set).summary[1], 0.5);
}

}  // namespace
}  // namespace ersatz::train
