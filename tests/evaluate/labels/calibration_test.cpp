#include "evaluate/labels/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace ersatz::evaluate {
namespace {

TEST(Calibration, OfFiveAnswersInTwoBins) {
  const Calibration found =
      calibration({{0.1, false}, {0.2, true}, {0.9, true}, {0.95, false}, {1.0, true}}, 2);
  ASSERT_EQ(found.bins.size(), 2U);
  EXPECT_EQ(found.bins[0].count, 2);
  EXPECT_NEAR(found.bins[0].mean_score, 0.15, 1e-12);
  EXPECT_NEAR(found.bins[0].precision, 0.5, 1e-12);
  EXPECT_EQ(found.bins[1].count, 3);
  EXPECT_NEAR(found.bins[1].mean_score, 0.95, 1e-12);
  EXPECT_NEAR(found.bins[1].precision, 2.0 / 3, 1e-12);
  EXPECT_NEAR(found.error, 0.4 * 0.35 + 0.6 * (0.95 - 2.0 / 3), 1e-12);
  EXPECT_NEAR(found.brier, (0.01 + 0.64 + 0.01 + 0.9025 + 0) / 5, 1e-12);
}

TEST(Calibration, ABinBeginsAtItsLowerEnd) {
  const Calibration found = calibration({{0.5, true}, {0.0, false}, {1.0, true}}, 2);
  EXPECT_EQ(found.bins[0].count, 1);
  EXPECT_EQ(found.bins[1].count, 2);
  EXPECT_EQ(found.bins[1].low, 0.5);
  EXPECT_EQ(found.bins[1].high, 1);
}

TEST(Calibration, OfNothingIsNothing) {
  const Calibration found = calibration({}, 10);
  EXPECT_EQ(found.error, 0);
  EXPECT_EQ(found.brier, 0);
  EXPECT_EQ(found.bins.size(), 10U);
}

TEST(Calibration, RefusesWhatIsNoShare) {
  EXPECT_THROW(calibration({{1.01, true}}, 10), core::Error);
  EXPECT_THROW(calibration({{-0.1, true}}, 10), core::Error);
  EXPECT_THROW(calibration({{std::nan(""), true}}, 10), core::Error);
  EXPECT_THROW(calibration({}, 0), core::Error);
}

}  // namespace
}  // namespace ersatz::evaluate
