#include "report/precision_recall.h"

#include <gtest/gtest.h>

#include "report/figure_script.h"

namespace ersatz::report {
namespace {

// Two apples, found first and third; nothing of the other class is there.
evaluate::CocoCurves curves_by_hand() {
  data::CocoGroundTruth truth;
  truth.image_ids = {1};
  truth.categories = {{7, "apple"}, {9, "pear"}};
  truth.sizes = {{1, {100, 100}}};
  const auto apple = [](std::int64_t id, double x, double width, double score) {
    data::CocoObject object;
    object.id = id;
    object.image_id = 1;
    object.category_id = 7;
    object.box = {x, 0, width, 10};
    object.area = width * 10;
    object.score = score;
    return object;
  };
  truth.objects = {apple(1, 0, 10, 0), apple(2, 50, 10, 0)};
  // The last overlaps its object by 0.6.
  return evaluate::evaluate_coco(
      truth, {apple(1, 0, 10, 0.9), apple(2, 30, 10, 0.8), apple(3, 50, 6, 0.7)},
      evaluate::CocoShape::kBox);
}

TEST(PrecisionRecall, ByHand) {
  const auto figure = precision_recall_figure(curves_by_hand(), {0, 1}, "curve", "Apples");
  ASSERT_TRUE(figure.has_value());
  ASSERT_EQ(figure->curves.size(), 3U);
  const std::vector<FigurePoint>&half = figure->curves[0].ours, &strict = figure->curves[1].ours,
        &mean = figure->curves[2].ours;
  ASSERT_EQ(half.size(), evaluate::kCocoRecalls);
  EXPECT_NEAR(half[50].x, 0.5, 1e-12);
  EXPECT_NEAR(half[50].y, 1, 1e-12);
  EXPECT_NEAR(half[51].y, 2.0 / 3, 1e-12);
  EXPECT_NEAR(half[100].y, 2.0 / 3, 1e-12);
  EXPECT_NEAR(strict[50].y, 1, 1e-12);
  EXPECT_EQ(strict[51].y, 0);
  // At 0.50, 0.55 and 0.60 of ten overlaps the last is found.
  EXPECT_NEAR(mean[51].y, 0.3 * 2 / 3, 1e-12);
  EXPECT_EQ(figure->curves[0].label, "overlap 0.50: AP 0.835");
  // Hundreds of points are a line without symbols.
  EXPECT_EQ(figure_script(*figure).find("linespoints"), std::string::npos);
}

TEST(PrecisionRecall, NothingToFindIsNoFigure) {
  EXPECT_FALSE(precision_recall_figure(curves_by_hand(), {1}, "curve", "Pears").has_value());
  EXPECT_FALSE(precision_recall_figure(curves_by_hand(), {}, "curve", "None").has_value());
}

}  // namespace
}  // namespace ersatz::report
