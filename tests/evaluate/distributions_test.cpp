#include "evaluate/distributions.h"

#include <cmath>
#include <limits>

#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

TEST(IncompleteBeta, EqualsItsClosedForms) {
  for (const double x : {0.0, 0.01, 0.2, 0.5, 0.77, 0.999, 1.0}) {
    EXPECT_NEAR(incomplete_beta(3, 1, x), x * x * x, 1e-14);
    EXPECT_NEAR(incomplete_beta(1, 4, x), 1 - std::pow(1 - x, 4), 1e-14);
    EXPECT_NEAR(incomplete_beta(2, 2, x), x * x * (3 - 2 * x), 1e-14);
    EXPECT_NEAR(incomplete_beta(0.5, 0.5, x), 2 / M_PI * std::asin(std::sqrt(x)), 1e-13);
  }
}

TEST(IncompleteBeta, IsSymmetric) {
  EXPECT_NEAR(incomplete_beta(40, 60.5, 0.45), 1 - incomplete_beta(60.5, 40, 0.55), 1e-13);
}

TEST(StudentT, CdfEqualsItsClosedForms) {
  for (const double t : {-40.0, -2.0, -0.3, 0.0, 0.7, 5.0, 300.0}) {
    EXPECT_NEAR(student_t_cdf(t, 1), 0.5 + std::atan(t) / M_PI, 1e-13);
    EXPECT_NEAR(student_t_cdf(t, 2), 0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-13);
  }
  EXPECT_NEAR(student_t_cdf(1, 3), 0.8044988905221148, 1e-13);
}

TEST(StudentT, QuantilesOfThePrintedTables) {
  EXPECT_NEAR(student_t_quantile(0.975, 1), 12.706204736432095, 1e-9);
  EXPECT_NEAR(student_t_quantile(0.975, 2), 0.95 * std::sqrt(2 / (1 - 0.95 * 0.95)), 1e-10);
  EXPECT_NEAR(student_t_quantile(0.975, 4), 2.7764451051977987, 1e-10);
  EXPECT_NEAR(student_t_quantile(0.95, 10), 1.8124611228107335, 1e-10);
  EXPECT_NEAR(student_t_quantile(0.975, 30), 2.0422724563012373, 1e-10);
  EXPECT_NEAR(student_t_quantile(0.025, 4), -2.7764451051977987, 1e-10);
  EXPECT_EQ(student_t_quantile(0.5, 7), 0);
}

TEST(StudentT, QuantileInvertsTheCdfForFractionalDegreesOfFreedom) {
  for (const double dof : {0.7, 2.5, 17.3, 1234.5}) {
    for (const double p : {0.001, 0.2, 0.6, 0.999}) {
      EXPECT_NEAR(student_t_cdf(student_t_quantile(p, dof), dof), p, 1e-12);
    }
  }
}

TEST(StudentT, ManyDegreesOfFreedomAreNormal) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_NEAR(student_t_quantile(0.975, infinity), 1.959963984540054, 1e-12);
  EXPECT_NEAR(student_t_quantile(0.975, 9e7), 1.959963984540054, 1e-6);
}

TEST(Normal, KnownQuantiles) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_quantile(0.0013498980316300933), -3, 1e-10);
}

TEST(Quantile, RefusesImpossibleProbabilities) {
  EXPECT_ERSATZ_ERROR(student_t_quantile(1, 3), core::ExitCode::kInternal, "probability");
  EXPECT_ERSATZ_ERROR(normal_quantile(0), core::ExitCode::kInternal, "probability");
  EXPECT_ERSATZ_ERROR(student_t_cdf(1, 0), core::ExitCode::kInternal, "degrees of freedom");
}

}  // namespace
}  // namespace ersatz::evaluate
