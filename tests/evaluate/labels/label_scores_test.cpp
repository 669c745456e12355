// Scores of labels against numbers worked out by hand.
#include "evaluate/labels/label_scores.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "evaluate/labels/label_matches.h"
#include "evaluate/labels/label_scores_json.h"

namespace ersatz::evaluate {
namespace {

using data::CocoObject;

constexpr int kSide = 10;

CocoObject rectangle(std::int64_t image, std::int64_t category, data::PixelBox box,
                     double score = 1) {
  const std::vector<std::uint8_t> inside(static_cast<std::size_t>(box.width * box.height), 1);
  CocoObject object;
  object.image_id = image;
  object.category_id = category;
  object.box = {static_cast<double>(box.x), static_cast<double>(box.y),
                static_cast<double>(box.width), static_cast<double>(box.height)};
  object.area = object.box.width * object.box.height;
  object.score = score;
  object.mask = data::encode_rle(inside.data(), box, kSide, kSide);
  return object;
}

// Picture 1 shows one car, picture 2 two, picture 3 nothing.
data::CocoGroundTruth cars() {
  data::CocoGroundTruth truth;
  truth.image_ids = {1, 2, 3};
  truth.categories = {{1, "car"}, {2, "bus"}};
  for (const std::int64_t id : truth.image_ids) truth.sizes[id] = {kSide, kSide};
  truth.objects = {rectangle(1, 1, {0, 0, 4, 4}), rectangle(2, 1, {0, 0, 2, 2}),
                   rectangle(2, 1, {6, 6, 2, 2})};
  for (std::size_t i = 0; i < 3; ++i) truth.objects[i].id = static_cast<std::int64_t>(i) + 1;
  return truth;
}

// Half of the first car; one of the others, twice.
std::vector<CocoObject> three_labels() {
  return {rectangle(1, 1, {0, 0, 4, 2}, 0.8), rectangle(2, 1, {0, 0, 2, 2}, 0.7),
          rectangle(2, 1, {0, 0, 2, 2}, 0.9)};
}

TEST(LabelScores, AreWhatOneCounts) {
  const LabelScores scores = label_scores(cars(), three_labels());
  EXPECT_EQ(scores.pictures, 3);
  EXPECT_EQ(scores.without_labels, 0);
  EXPECT_EQ(scores.counts.labels, 3);
  EXPECT_EQ(scores.counts.right, 2);
  EXPECT_EQ(scores.counts.objects, 3);
  EXPECT_EQ(scores.counts.found, 2);
  EXPECT_NEAR(*scores.counts.precision(), 2.0 / 3, 1e-12);
  EXPECT_NEAR(*scores.counts.recall(), 2.0 / 3, 1e-12);
  // 8 of 16 px; 4 of 8 px.
  EXPECT_EQ(scores.mask_count, 2);
  EXPECT_NEAR(*scores.mask_iou, (0.5 + 0.5) / 2, 1e-12);
  EXPECT_NEAR(*scores.object_iou, (0.5 + 1 + 0) / 3, 1e-12);
  // Right, right, wrong: precision 1 up to a recall of 2/3; at 0.75 only the second is right.
  EXPECT_NEAR(scores.ap50, 67.0 / 101, 1e-9);
  EXPECT_NEAR(scores.ap75, 34.0 / 101, 1e-9);
  EXPECT_NEAR(scores.ap, (67.0 + 9 * 34) / 1010, 1e-9);
  // Off by 0.1, 0.2 and 0.7.
  EXPECT_NEAR(scores.calibration.error, 1.0 / 3, 1e-12);
  EXPECT_NEAR(scores.calibration.brier, (0.01 + 0.04 + 0.49) / 3, 1e-12);
}

TEST(LabelScores, GoByTheNumberOfObjects) {
  const LabelScores scores = label_scores(cars(), three_labels());
  ASSERT_EQ(scores.by_objects.size(), 2U);
  const CrowdScores &one = scores.by_objects[0], &two = scores.by_objects[1];
  EXPECT_EQ(one.objects_each, 1);
  EXPECT_EQ(one.pictures, 1);
  EXPECT_EQ(*one.counts.precision(), 1);
  EXPECT_NEAR(*one.mask_iou, 0.5, 1e-12);
  EXPECT_EQ(two.objects_each, 2);
  EXPECT_EQ(two.counts.labels, 2);
  EXPECT_EQ(*two.counts.recall(), 0.5);
  EXPECT_NEAR(*two.object_iou, 0.5, 1e-12);
}

TEST(LabelScores, OverlapConfidenceAndClassAreSettings) {
  LabelScoreOptions options;
  options.overlap = 0.51;
  EXPECT_EQ(label_scores(cars(), three_labels(), options).counts.right, 1);
  options = {};
  options.confidence = 0.75;
  const LabelScores sure = label_scores(cars(), three_labels(), options);
  EXPECT_EQ(sure.counts.labels, 2);
  EXPECT_EQ(*sure.counts.precision(), 1);
  std::vector<CocoObject> buses = three_labels();
  for (CocoObject& label : buses) label.category_id = 2;
  options = {};
  const LabelScores wrong = label_scores(cars(), buses, options);
  EXPECT_EQ(wrong.counts.right, 0);
  EXPECT_EQ(*wrong.mask_iou, 0);  // cars without labels and buses that are not there
  EXPECT_EQ(wrong.mask_count, 4);
  EXPECT_EQ(wrong.classes[0].counts.objects, 3);
  EXPECT_EQ(wrong.classes[1].counts.labels, 3);
  EXPECT_LT(wrong.classes[1].ap, 0);  // there is no bus to find
  options.any_class = true;
  EXPECT_EQ(label_scores(cars(), buses, options).counts.right, 2);
}

TEST(LabelScores, CrowdsCostNothing) {
  data::CocoGroundTruth truth = cars();
  truth.objects[2].crowd = true;
  std::vector<CocoObject> labels = three_labels();
  labels.push_back(rectangle(2, 1, {6, 6, 1, 1}, 0.6));  // inside the crowd
  const LabelScores scores = label_scores(truth, labels);
  EXPECT_EQ(scores.counts.objects, 2);
  EXPECT_EQ(scores.counts.labels, 3);
  EXPECT_EQ(scores.counts.right, 2);
  EXPECT_EQ(scores.mask_count, 1);  // not picture 2
}

TEST(LabelScores, BoxesNeedNoMasks) {
  data::CocoGroundTruth truth = cars();
  for (CocoObject& object : truth.objects) object.mask.reset();
  LabelScoreOptions options;
  EXPECT_THROW(label_scores(truth, three_labels(), options), core::Error);
  options.shape = CocoShape::kBox;
  const LabelScores scores = label_scores(truth, three_labels(), options);
  EXPECT_EQ(scores.counts.right, 2);
  EXPECT_FALSE(scores.mask_iou);
  EXPECT_NEAR(*scores.object_iou, 0.5, 1e-12);
}

TEST(LabelScores, NothingIsNotANumber) {
  const LabelScores none = label_scores(cars(), {});
  EXPECT_EQ(none.without_labels, 2);
  EXPECT_FALSE(none.counts.precision());
  EXPECT_EQ(*none.counts.recall(), 0);
  EXPECT_EQ(*none.mask_iou, 0);
  const core::Json json = label_scores_json(none);
  EXPECT_TRUE(json.at("precision").is_null());
  EXPECT_TRUE(json.at("calibration").at("bins")[0].at("precision").is_null());
  data::CocoGroundTruth empty = cars();
  empty.objects.clear();
  const LabelScores nothing = label_scores(empty, {});
  EXPECT_FALSE(nothing.mask_iou);
  EXPECT_TRUE(label_scores_json(nothing).at("ap").is_null());
}

TEST(LabelMatches, TheBetterLabelChoosesFirst) {
  data::CocoGroundTruth truth = cars();
  // Both fit both cars of a pair; the better one takes the car it fits best.
  truth.objects = {rectangle(1, 1, {0, 0, 4, 4}), rectangle(1, 1, {1, 0, 4, 4})};
  const std::vector<CocoObject> labels = {rectangle(1, 1, {0, 0, 4, 4}, 0.5),
                                          rectangle(1, 1, {1, 0, 4, 4}, 0.9)};
  const LabelMatches matches = match_labels(truth, labels, CocoShape::kMask, 0.5);
  ASSERT_EQ(matches.labels.size(), 2U);
  EXPECT_EQ(matches.labels[0].score, 0.9);
  EXPECT_TRUE(matches.labels[0].right);
  EXPECT_TRUE(matches.labels[1].right);
  EXPECT_TRUE(matches.objects[0].found);
  EXPECT_EQ(matches.objects[1].overlap, 1);
}

TEST(LabelScores, RefuseImpossibleOptions) {
  LabelScoreOptions options;
  options.overlap = 0;
  EXPECT_THROW(label_scores(cars(), {}, options), core::Error);
  options = {};
  options.bins = 0;
  EXPECT_THROW(label_scores(cars(), {}, options), core::Error);
  std::vector<CocoObject> labels = three_labels();
  labels[0].score = 1.5;
  EXPECT_THROW(label_scores(cars(), labels), core::Error);
}

}  // namespace
}  // namespace ersatz::evaluate
