#include "evaluate/classification_noise.h"

#include <cmath>

#include "core/philox.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

// As many items drawn anew from the cells of `matrix`, again and again: the variance of what the
// classifier's macro F1 becomes.
double bootstrap_variance(const ConfusionMatrix& matrix, int draws) {
  std::vector<std::pair<int, int>> items;
  for (int i = 0; i < matrix.classes(); ++i) {
    for (int j = 0; j < matrix.classes(); ++j) {
      for (std::int64_t k = 0; k < matrix.count(i, j); ++k) items.emplace_back(i, j);
    }
  }
  core::Stream random(7, "bootstrap");
  std::vector<double> scores;
  for (int draw = 0; draw < draws; ++draw) {
    ConfusionMatrix drawn(matrix.classes());
    for (std::size_t k = 0; k < items.size(); ++k) {
      const auto& [truth, prediction] = items[random.below(items.size())];
      drawn.add(truth, prediction);
    }
    scores.push_back(drawn.macro_f1());
  }
  return std::pow(sample_sd(scores), 2);
}

ConfusionMatrix matrix_of(const std::vector<std::vector<std::int64_t>>& counts) {
  ConfusionMatrix matrix(static_cast<int>(counts.size()));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    for (std::size_t j = 0; j < counts.size(); ++j) {
      matrix.add(static_cast<int>(i), static_cast<int>(j), counts[i][j]);
    }
  }
  return matrix;
}

TEST(MacroF1Noise, IsWhatDrawingTheItemsAnewGives) {
  for (const auto& matrix :
       {matrix_of({{180, 12, 8}, {30, 140, 30}, {2, 3, 95}}),
        matrix_of({{400, 10, 0, 0}, {5, 60, 5, 0}, {0, 20, 300, 40}, {0, 0, 10, 150}})}) {
    const double expected = bootstrap_variance(matrix, 4000);
    // A variance of 4,000 draws is known to 2 % (one deviation).
    EXPECT_NEAR(macro_f1_sampling_variance(matrix), expected, 0.08 * expected);
  }
}

TEST(MacroF1Noise, WithoutErrorsItIsNotNothing) {
  const ConfusionMatrix matrix = matrix_of({{40, 0}, {0, 40}});
  // Of two classes with as many items each, accuracy and F1 without errors differ little.
  EXPECT_NEAR(macro_f1_sampling_variance(matrix), sampling_variance(1, 80),
              0.02 * sampling_variance(1, 80));
}

TEST(MacroF1Noise, ClassesThatAreAbsentDoNotCount) {
  const ConfusionMatrix two = matrix_of({{30, 10}, {5, 35}});
  const ConfusionMatrix four =
      matrix_of({{30, 0, 10, 0}, {0, 0, 0, 0}, {5, 0, 35, 0}, {0, 0, 0, 0}});
  EXPECT_DOUBLE_EQ(macro_f1_sampling_variance(two), macro_f1_sampling_variance(four));
  EXPECT_EQ(macro_f1_sampling_variance(matrix_of({{10, 0}, {0, 0}})), 0);
  EXPECT_ERSATZ_ERROR(macro_f1_sampling_variance(ConfusionMatrix(2)), core::ExitCode::kInternal,
                      "without items");
}

}  // namespace
}  // namespace ersatz::evaluate
