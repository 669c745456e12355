#include "evaluate/diversity.h"

#include "evaluate/classification_json.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

TEST(Diversity, VarianceByHand) {
  // Class 0 at (0,0) and (2,0), class 1 at (0,4) twice, class 2 once.
  const std::vector<float> features = {0, 0, 2, 0, 0, 4, 0, 4, 8, 2};
  const FeatureVariance variance = feature_variance(features, 2, {0, 0, 1, 1, 2});
  // Means 2 and 2: squares 4+0+4+4+36 and 4+4+4+4+0, over 4.
  EXPECT_DOUBLE_EQ(variance.total, 48.0 / 4 + 16.0 / 4);
  EXPECT_DOUBLE_EQ(variance.within_class, (2.0 + 0.0) / 2);
}

TEST(Diversity, IsHalfTheMeanSquaredDistance) {
  const std::vector<float> x = {1, 4, 9, -3};
  double distances = 0;
  for (const float a : x) {
    for (const float b : x) distances += static_cast<double>((a - b) * (a - b));
  }
  EXPECT_NEAR(feature_variance(x, 1, {0, 0, 0, 0}).total, distances / (4 * 3) / 2, 1e-12);
}

TEST(Diversity, RefusesSetsWithoutPairs) {
  EXPECT_ERSATZ_ERROR(feature_variance({1, 2}, 2, {0}), core::ExitCode::kInternal, "1 pictures");
  EXPECT_ERSATZ_ERROR(feature_variance({1, 2, 3}, 2, {0, 0}), core::ExitCode::kInternal, "width 2");
  EXPECT_ERSATZ_ERROR(feature_variance({1, 2}, 1, {0, 1}), core::ExitCode::kInternal, "no class");
}

TEST(ClassificationJson, HoldsEverything) {
  const ConfusionMatrix matrix = confusion_matrix({0, 0, 1}, {0, 1, 1}, 2);
  const core::Json json = to_json(matrix, {"kiwi", "pear"});
  EXPECT_EQ(json.at("count"), 3);
  EXPECT_DOUBLE_EQ(json.at("accuracy").get<double>(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(json.at("macro_recall").get<double>(), 0.75);
  EXPECT_DOUBLE_EQ(json.at("macro_precision").get<double>(), 0.75);
  EXPECT_DOUBLE_EQ(json.at("macro_f1").get<double>(), matrix.macro_f1());
  EXPECT_EQ(json.at("confusion"), core::Json({{1, 1}, {0, 1}}));
  EXPECT_EQ(json.at("per_class").at(1).at("class"), "pear");
  EXPECT_EQ(json.at("per_class").at(0).at("support"), 2);
  EXPECT_ERSATZ_ERROR(to_json(matrix, {"kiwi"}), core::ExitCode::kInternal, "1 names");
}

}  // namespace
}  // namespace ersatz::evaluate
