#include "evaluate/classification.h"

#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

using core::Json;

// Compares with rows in the layout of scikit-learn's own output.
void expect_like_sklearn(const Json& row) {
  const int classes = row.at("n_classes").get<int>();
  const auto truth = row.at("y_true").get<std::vector<int>>();
  const auto prediction = row.at("y_pred").get<std::vector<int>>();
  const ConfusionMatrix matrix = confusion_matrix(truth, prediction, classes);
  EXPECT_EQ(matrix.total(), static_cast<std::int64_t>(truth.size()));
  EXPECT_NEAR(matrix.accuracy(), row.at("accuracy").get<double>(), 1e-14);
  EXPECT_NEAR(matrix.macro_f1(), row.at("macro_f1").get<double>(), 1e-14);
  EXPECT_NEAR(matrix.macro_f1(MacroOver::kAll), row.at("macro_f1_all_classes").get<double>(),
              1e-14);
  for (int k = 0; k < classes; ++k) {
    const auto index = static_cast<std::size_t>(k);
    EXPECT_NEAR(matrix.precision(k), row.at("precision")[index].get<double>(), 1e-14);
    EXPECT_NEAR(matrix.recall(k), row.at("recall")[index].get<double>(), 1e-14);
    EXPECT_NEAR(matrix.f1(k), row.at("f1")[index].get<double>(), 1e-14);
    EXPECT_EQ(matrix.support(k), row.at("support")[index].get<std::int64_t>());
    for (int j = 0; j < classes; ++j) {
      EXPECT_EQ(
          matrix.count(k, j),
          row.at("confusion_all_classes")[index][static_cast<std::size_t>(j)].get<std::int64_t>());
    }
  }
}

TEST(Classification, EqualsTheSmallFixture) {
  const Json rows = core::read_json(test::fixture("metrics/classification.json")).at("rows");
  ASSERT_EQ(rows.size(), 4U);
  for (const Json& row : rows) expect_like_sklearn(row);
}

TEST(Classification, EqualsScikitLearnOnFiftySets) {
  ERSATZ_REQUIRE_SHARED(file, "fixtures/metrics/sklearn.json");
  const Json rows = core::read_json(file).at("rows");
  ASSERT_EQ(rows.size(), 50U);
  for (const Json& row : rows) {
    SCOPED_TRACE(row.at("seed").dump());
    expect_like_sklearn(row);
  }
}

TEST(Classification, MacroPrecisionAndRecallByHand) {
  // Class 0: 1 of 2 found, 1 of 1 right; class 1: 1 of 1 found, 1 of 2 right; class 2 absent.
  const ConfusionMatrix matrix = confusion_matrix({0, 0, 1}, {0, 1, 1}, 3);
  EXPECT_DOUBLE_EQ(matrix.macro_recall(), 0.75);
  EXPECT_DOUBLE_EQ(matrix.macro_precision(), 0.75);
  EXPECT_DOUBLE_EQ(matrix.macro_recall(MacroOver::kAll), 0.5);
}

TEST(Classification, NothingAtAllIsZero) {
  const ConfusionMatrix matrix(3);
  EXPECT_EQ(matrix.accuracy(), 0);
  EXPECT_EQ(matrix.macro_f1(), 0);
}

TEST(Classification, RefusesClassesThatDoNotExist) {
  EXPECT_ERSATZ_ERROR(confusion_matrix({0}, {3}, 3), core::ExitCode::kInternal, "prediction 3");
  EXPECT_ERSATZ_ERROR(confusion_matrix({0, 1}, {0}, 3), core::ExitCode::kInternal, "2 labels");
  EXPECT_ERSATZ_ERROR(ConfusionMatrix(0), core::ExitCode::kInternal, "0 classes");
}

}  // namespace
}  // namespace ersatz::evaluate
