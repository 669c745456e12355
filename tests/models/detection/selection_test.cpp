// Between pictures and networks: letterbox, thresholds, suppression, masks, by hand.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "data/coco/rle.h"
#include "models/detection/instance_masks.h"
#include "models/detection/letterbox.h"
#include "models/detection/object_finder.h"
#include "models/detection/select.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::ExitCode;

TEST(LetterboxPlan, AsUltralytics) {
  LetterboxOptions options;
  // 640 x 426: no scaling; 426 is padded to 448: 11 above, 11 below.
  Letterbox box = plan_letterbox(640, 426, options);
  EXPECT_EQ(box.width, 640);
  EXPECT_EQ(box.height, 448);
  EXPECT_EQ(box.top, 11);
  EXPECT_EQ(box.left, 0);
  // Half a pixel goes below: 640 x 427 has 21 px to add.
  box = plan_letterbox(640, 427, options);
  EXPECT_EQ(box.top, 10);
  EXPECT_EQ(box.height, 448);
  // 375 x 500 is scaled by 1.28 to 480 x 640.
  box = plan_letterbox(375, 500, options);
  EXPECT_EQ(box.inner_width, 480);
  EXPECT_EQ(box.width, 480);
  EXPECT_EQ(box.height, 640);
  EXPECT_DOUBLE_EQ(box.gain, 1.28);
  options.rect = false;
  box = plan_letterbox(375, 500, options);
  EXPECT_EQ(box.width, 640);
  EXPECT_EQ(box.left, 80);
  options.scale_up = false;
  box = plan_letterbox(375, 500, options);
  EXPECT_EQ(box.inner_width, 375);
  EXPECT_EQ(box.left, 132);  // of 265: 132 and 133
  EXPECT_EQ(box.width, 640);
  EXPECT_EQ(box.top, 70);
  // Halves to even: 5 * 0.5 = 2.5 is 2.
  LetterboxOptions small;
  small.size = 32;
  EXPECT_EQ(plan_letterbox(64, 5, small).inner_height, 2);
  small.size = 50;
  EXPECT_ERSATZ_ERROR(plan_letterbox(64, 64, small), ExitCode::kUsage, "multiple of 32");
}

TEST(LetterboxPlan, PixelsAndTheWayBack) {
  const data::RgbImage picture{64, 32, std::vector<std::uint8_t>(64 * 32 * 3, 200)};
  LetterboxOptions options;
  options.size = 128;
  options.rect = false;
  const Letterbox box = plan_letterbox(64, 32, options);
  const data::RgbImage input = letterbox_image(picture, box);
  const auto at = [&](int x, int y) {
    return input.pixels[static_cast<std::size_t>((y * input.width + x) * 3)];
  };
  EXPECT_EQ(input.width, 128);
  EXPECT_EQ(input.height, 128);
  EXPECT_EQ(at(5, 31), 114);
  EXPECT_EQ(at(5, 32), 200);
  EXPECT_EQ(at(127, 95), 200);
  EXPECT_EQ(at(127, 96), 114);
  const data::CocoBox inside = box_in_picture(20, 52, 60, 72, box);
  EXPECT_DOUBLE_EQ(inside.x, 10);
  EXPECT_DOUBLE_EQ(inside.y, 10);
  EXPECT_DOUBLE_EQ(inside.width, 20);
  EXPECT_DOUBLE_EQ(inside.height, 10);
  const data::CocoBox cut = box_in_picture(-50, 0, 500, 50, box);
  EXPECT_DOUBLE_EQ(cut.x, 0);
  EXPECT_DOUBLE_EQ(cut.width, 64);
  EXPECT_DOUBLE_EQ(cut.y, 0);
  EXPECT_DOUBLE_EQ(cut.height, 9);
  const torch::Tensor tensor = detector_input(input);
  EXPECT_EQ(tensor.sizes(), (std::vector<std::int64_t>{1, 3, 128, 128}));
  EXPECT_FLOAT_EQ(tensor[0][1][40][7].item<float>(), 200.0F / 255);
}

Detection box_of(float x0, float y0, float x1, float y1, float score, std::int64_t k) {
  return {x0, y0, x1, y1, score, k, 0};
}

TEST(Suppression, WithinAClassByDescendingScore) {
  // 0 and 1: 10 x 10 with 8 x 10 in common, 80 / 120.
  const std::vector<Detection> boxes = {
      box_of(0, 0, 10, 10, 0.5F, 0), box_of(2, 0, 12, 10, 0.9F, 0), box_of(0, 0, 10, 10, 0.4F, 1),
      box_of(20, 20, 30, 30, 0.3F, 0), box_of(11, 0, 21, 10, 0.2F, 0)};
  std::vector<Detection> kept = suppress_doubles(boxes, 0.6F, 10);
  ASSERT_EQ(kept.size(), 4U);
  EXPECT_EQ(kept[0].score, 0.9F);
  EXPECT_EQ(kept[1].class_index, 1);  // another class is no double
  EXPECT_EQ(kept[2].score, 0.3F);
  EXPECT_EQ(kept[3].score, 0.2F);
  // At the threshold exactly nothing is suppressed: 80 / 120.
  EXPECT_EQ(suppress_doubles(boxes, 80.0F / 120.0F, 10).size(), 5U);
  EXPECT_EQ(suppress_doubles(boxes, 0.6F, 2).size(), 2U);
  // Of equal scores the earlier one stays; empty boxes overlap nothing.
  kept = suppress_doubles(
      {box_of(0, 0, 4, 4, 0.5F, 0), box_of(0, 0, 4, 4.1F, 0.5F, 0), box_of(1, 1, 1, 1, 0.1F, 0)},
      0.5F, 10);
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].y1, 4.0F);
}

Predictions three_places() {
  Predictions predictions;
  predictions.boxes =
      torch::tensor({0.0F, 0.0F, 8.0F, 8.0F, 0.0F, 0.0F, 8.0F, 8.0F, 8.0F, 8.0F, 16.0F, 16.0F})
          .view({1, 3, 4});
  predictions.scores = torch::tensor({0.6F, 0.5F, 0.2F, 0.55F, 0.25F, 0.1F}).view({1, 3, 2});
  return predictions;
}

TEST(Selection, OneLabelOrAllOfThem) {
  SelectOptions options;
  std::vector<Detection> found = select_detections(three_places(), 0, options);
  ASSERT_EQ(found.size(), 2U);  // 0.25 does not exceed 0.25
  EXPECT_EQ(found[0].class_index, 0);
  EXPECT_EQ(found[0].place, 0);
  EXPECT_EQ(found[1].class_index, 1);
  EXPECT_EQ(found[1].place, 1);
  options.multi_label = true;
  options.confidence = 0.15;
  found = select_detections(three_places(), 0, options);
  // Both classes of place 0, of which class 1 is a double of place 1's; place 2.
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[1].score, 0.55F);
  EXPECT_EQ(found[2].score, 0.25F);
  options.classes = {1};
  EXPECT_EQ(select_detections(three_places(), 0, options).size(), 1U);
  options.classes = {};
  options.candidates = 1;
  EXPECT_EQ(select_detections(three_places(), 0, options).size(), 1U);
  options.candidates = 100;
  options.most = 2;
  EXPECT_EQ(select_detections(three_places(), 0, options).size(), 2U);
}

TEST(Selection, ImpossibleOptionsAreRefused) {
  SelectOptions options;
  options.confidence = 1.5;
  EXPECT_ERSATZ_ERROR(check_select_options(options, 2), ExitCode::kUsage, "confidence");
  options = {};
  options.overlap = -1;
  EXPECT_ERSATZ_ERROR(check_select_options(options, 2), ExitCode::kUsage, "overlap");
  options = {};
  options.classes = {2};
  EXPECT_ERSATZ_ERROR(check_select_options(options, 2), ExitCode::kUsage, "no class 2");
  options = {};
  options.most = 0;
  EXPECT_ERSATZ_ERROR(check_select_options(options, 2), ExitCode::kUsage, "at least one");
}

TEST(InstanceMasks, WhereTheSumIsPositiveInsideTheBox) {
  // A picture of 64 x 32 in an input of 128 x 128 (32 px of padding above and below), prototypes
  // of 32 x 32: plane 0 is 1 left of the middle and -1 right of it, plane 1 is 1 everywhere.
  LetterboxOptions input;
  input.size = 128;
  input.rect = false;
  const Letterbox letterbox = plan_letterbox(64, 32, input);
  Predictions predictions;
  torch::Tensor plane = torch::ones({32, 32});
  plane.narrow(1, 16, 16).fill_(-1);
  predictions.prototypes = torch::stack({plane, torch::ones({32, 32})}).unsqueeze(0);
  predictions.coefficients = torch::tensor({1.0F, 0.0F, 0.0F, 2.0F, 0.0F, -1.0F}).view({1, 3, 2});
  Detection whole = box_of(0, 32, 128, 96, 1, 0);
  Detection part = box_of(20, 52, 61, 72, 1, 0);  // 10..30.5, 10..20 in the picture
  part.place = 1;
  Detection none = whole;
  none.place = 2;
  const auto masks = instance_masks(predictions, 0, {whole, part, none}, letterbox);
  ASSERT_EQ(masks.size(), 3U);
  EXPECT_EQ(data::rle_box(masks[0]), (data::PixelBox{0, 0, 32, 32}));
  EXPECT_EQ(data::rle_area(masks[0]), 32 * 32);
  // Pixels 10 to 30: an index below 30.5.
  EXPECT_EQ(data::rle_box(masks[1]), (data::PixelBox{10, 10, 21, 10}));
  EXPECT_EQ(data::rle_area(masks[2]), 0);
  EXPECT_EQ(masks[2].width, 64);
  EXPECT_EQ(masks[2].height, 32);
}

// Always the same predictions.
class FixedPredictor : public Predictor {
 public:
  Predictions predict(const torch::Tensor& images) override {
    seen = images;
    return three_places();
  }
  std::int64_t classes() const override { return 2; }
  bool has_masks() const override { return false; }
  std::int64_t stride() const override { return 32; }
  std::int64_t fixed_size() const override { return fixed; }
  torch::Tensor seen;
  std::int64_t fixed = 0;
};

TEST(ObjectFinder, FromPictureToPicture) {
  const auto predictor = std::make_shared<FixedPredictor>();
  FindOptions options;
  options.input.size = 32;
  const data::RgbImage picture{128, 64, std::vector<std::uint8_t>(128 * 64 * 3)};
  const auto found = ObjectFinder(predictor, options).find(picture);
  EXPECT_EQ(predictor->seen.sizes(), (std::vector<std::int64_t>{1, 3, 32, 32}));  // 8 px above
  ASSERT_EQ(found.size(), 2U);
  EXPECT_DOUBLE_EQ(found[0].box.width, 32);  // 8 px at a quarter
  EXPECT_DOUBLE_EQ(found[0].box.height, 0);  // above the picture
  EXPECT_FALSE(found[0].mask.has_value());
  predictor->fixed = 64;
  EXPECT_ERSATZ_ERROR(ObjectFinder(predictor, options), ExitCode::kUsage, "64 px only");
}

}  // namespace
}  // namespace ersatz::models
