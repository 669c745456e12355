#include "generate/copy_paste/placement.h"

#include <map>

#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using data::PixelBox;

TEST(Placement, TouchingBoxesMeet) {
  const PixelBox box{10, 20, 30, 40};  // to 40, 60
  EXPECT_TRUE(boxes_meet(box, box));
  EXPECT_TRUE(boxes_meet(box, {15, 25, 1, 1}));    // inside
  EXPECT_TRUE(boxes_meet(box, {0, 0, 100, 100}));  // around
  EXPECT_TRUE(boxes_meet(box, {40, 30, 5, 5}));    // a common edge
  EXPECT_FALSE(boxes_meet(box, {41, 30, 5, 5}));   // one pixel apart
  EXPECT_TRUE(boxes_meet(box, {5, 30, 5, 5}));
  EXPECT_FALSE(boxes_meet(box, {4, 30, 5, 5}));
  EXPECT_TRUE(boxes_meet(box, {40, 60, 5, 5}));  // a common corner
  EXPECT_FALSE(boxes_meet(box, {40, 61, 5, 5}));
  EXPECT_TRUE(boxes_meet(box, {20, 15, 5, 5}));
  EXPECT_FALSE(boxes_meet(box, {20, 14, 5, 5}));
  EXPECT_FALSE(boxes_meet(box, {20, 61, 5, 5}));
}

TEST(Placement, EveryPlaceThatFitsIsDrawnEquallyOften) {
  core::Stream stream(1, "test");
  std::map<std::pair<int, int>, int> counts;
  constexpr int kDraws = 30'000;
  for (int i = 0; i < kDraws; ++i) {
    const auto box = place(7, 4, 10, 6, {}, stream);
    ASSERT_TRUE(box);
    ++counts[{box->x, box->y}];
  }
  ASSERT_EQ(counts.size(), 12u);  // x 0..3, y 0..2: the far edges are reached
  double chi_squared = 0;
  for (const auto& [place, count] : counts) {
    EXPECT_LE(place.first, 3);
    EXPECT_LE(place.second, 2);
    const double expected = kDraws / 12.0;
    chi_squared += (count - expected) * (count - expected) / expected;
  }
  EXPECT_LT(chi_squared, 31.3);  // 99.9 % of chi squared with 11 degrees of freedom
}

TEST(Placement, WhatIsLargerBeginsAtZero) {
  core::Stream stream(1, "test");
  const auto box = place(30, 4, 10, 6, {}, stream);
  ASSERT_TRUE(box);
  EXPECT_EQ(box->x, 0);
  EXPECT_LE(box->y, 2);
  EXPECT_EQ(box->width, 30);
}

// One of a thousand places is free.
TEST(Placement, GivesUpAfterAThousandTries) {
  int found = 0;
  constexpr int kAttempts = 200;
  for (int i = 0; i < kAttempts; ++i) {
    core::Stream stream(static_cast<std::uint64_t>(i), "test");
    if (place(1, 1, 1000, 1, {{0, 0, 998, 1}}, stream)) ++found;
  }
  // 1 - (1 - 1/1000)^1000 = 0.632, standard deviation 3.4 %.
  EXPECT_NEAR(found / static_cast<double>(kAttempts), 0.632, 0.12);

  // An attempt that fails has drawn x and y a thousand times.
  core::Stream used(5, "test"), counted(5, "test");
  EXPECT_FALSE(place(4, 4, 8, 8, {{0, 0, 8, 8}}, used));
  for (int i = 0; i < kMaxTries; ++i) {
    counted.below(5);
    counted.below(5);
  }
  EXPECT_EQ(used.next_u32(), counted.next_u32());
}

}  // namespace
}  // namespace ersatz::generate
