#include "evaluate/labels/dataset_comparison.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "support/growth.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

using label::LabelledDataset;
using label::LabelledPicture;

label::AnnotatedObject square(std::int64_t class_index, double side, double score = 1) {
  label::AnnotatedObject object;
  object.class_index = class_index;
  object.box = {0, 0, side, side};
  object.outlines = {{0, 0, side, 0, side, side, 0, side}};
  object.score = score;
  return object;
}

LabelledDataset truth() {
  LabelledDataset dataset;
  dataset.classes = {"car", "bus"};
  dataset.pictures = {LabelledPicture{"a/one.png", 20, 10, {square(1, 4)}, {}},
                      LabelledPicture{"two.png", 20, 10, {square(0, 2)}, {}}};
  return dataset;
}

TEST(DatasetComparison, MatchesPicturesAndClassesByName) {
  LabelledDataset labels;
  labels.classes = {"truck", "car", "tree"};
  // Made at twice the size, as another kind of file.
  labels.pictures = {
      LabelledPicture{"a/one.jpg", 40, 20, {square(0, 8, 0.5), square(2, 6, 0.4)}, {}},
      LabelledPicture{"three.jpg", 20, 10, {square(1, 4)}, {}}};
  const DatasetComparison found =
      compare_datasets(truth(), labels, {{"truck", "bus"}}, true, false);
  EXPECT_EQ(found.truth.image_ids.size(), 2U);
  EXPECT_EQ(found.truth.categories.at(2), "bus");
  EXPECT_EQ(data::rle_area(*found.truth.objects.at(0).mask), 16);
  ASSERT_EQ(found.labels.size(), 1U);
  EXPECT_EQ(found.labels[0].category_id, 2);
  EXPECT_EQ(found.labels[0].score, 0.5);
  EXPECT_EQ(found.labels[0].box.width, 4);
  EXPECT_EQ(found.labels[0].mask->height, 10);
  EXPECT_EQ(data::rle_area(*found.labels[0].mask), 16);
  EXPECT_EQ(found.resized, 1);
  EXPECT_EQ(found.pictures_without_labels, 1);
  EXPECT_EQ(found.pictures_without_truth, 1);
  EXPECT_EQ(found.unknown_classes, (std::map<std::string, std::int64_t>{{"tree", 1}}));
  EXPECT_EQ(compare_datasets(truth(), labels, {{"truck", "bus"}}, true, true).labels.size(), 2U);
  EXPECT_FALSE(compare_datasets(truth(), labels, {}, false, true).labels[0].mask);
}

// Within bounds where it was read, beyond them at the truth's size.
TEST(DatasetComparison, RefusesOutlinesThatAreScaledTooFar) {
  LabelledDataset one = truth();
  one.pictures = {LabelledPicture{"one.png", 2, 2, {}, {}}};
  LabelledDataset labels = truth();
  labels.pictures = {LabelledPicture{"one.png", 1, 1, {square(0, 5e7)}, {}}};
  EXPECT_EQ(data::rle_area(*compare_datasets(one, labels, {}, true, false).labels.at(0).mask), 4);
  labels.pictures[0].objects = {square(0, 5.1e7)};
  EXPECT_ERSATZ_ERROR(compare_datasets(one, labels, {}, true, false),
                      core::ExitCode::kUntrustedData, "one.png: an outline that leaves the 1 x 1");
  EXPECT_EQ(compare_datasets(one, labels, {}, false, false).labels.at(0).box.width, 1.02e8);
}

TEST(DatasetComparison, ManyClassesTakeTimeByTheirNumber) {
  const auto compare = [](std::size_t n) {
    LabelledDataset dataset = truth();
    for (std::size_t i = 0; i < n; ++i) {
      dataset.classes.push_back("a class of " + std::to_string(i));
    }
    const auto found = compare_datasets(dataset, dataset, {}, false, false);
    EXPECT_EQ(found.truth.categories.size(), n + 2);
  };
  EXPECT_LT(test::growth(4'000, compare), test::kNearlyLinear);
}

TEST(DatasetComparison, RefusesWhatCannotBeCompared) {
  LabelledDataset labels = truth();
  EXPECT_THROW(compare_datasets(truth(), labels, {{"lorry", "bus"}}, true, false), core::Error);
  EXPECT_THROW(compare_datasets(truth(), labels, {{"bus", "lorry"}}, true, false), core::Error);
  labels.pictures[0].file = "one.png";
  labels.pictures[1].file = "a/two.png";
  EXPECT_THROW(compare_datasets(truth(), labels, {}, true, false), core::Error);
  labels.pictures[1].file = "one.jpg";
  EXPECT_THROW(compare_datasets(truth(), labels, {}, true, false), core::Error);
}

}  // namespace
}  // namespace ersatz::evaluate
