#include "generate/cutout/foreground.h"

#include <gtest/gtest.h>

#include "support/test_support.h"

namespace ersatz::generate {
namespace {

// A dark square of 24 px in the middle of a reddish ground with some texture.
data::RgbImage photo(int side) {
  data::RgbImage image{side, side, {}};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const bool inside = std::abs(2 * x - side) < 24 && std::abs(2 * y - side) < 24;
      const int texture = (x * 7 + y * 13) % 9;
      const int red = inside ? 30 : 170, other = inside ? 40 : 90;
      for (const int value : {red, other, other}) {
        image.pixels.push_back(static_cast<std::uint8_t>(value + texture));
      }
    }
  }
  return image;
}

TEST(Foreground, KeepsTheThingAndPaintsTheRestWhite) {
  const Foreground made = foreground_on_white(photo(64), 0.9, BoxShape::kBox, 5);
  ASSERT_TRUE(made.found);
  EXPECT_EQ(made.picture.width, 64);
  EXPECT_EQ(made.picture.height, 64);
  const auto red = [&](int x, int y) {
    return made.picture.pixels[3 * static_cast<std::size_t>(y * 64 + x)];
  };
  EXPECT_LT(red(32, 32), 50);
  EXPECT_EQ(red(1, 1), 255);
  EXPECT_EQ(red(10, 32), 255);
  EXPECT_EQ(red(62, 62), 255);
}

TEST(Foreground, WhatHasNoForegroundStays) {
  const data::RgbImage plain{20, 30, std::vector<std::uint8_t>(1800, 90)};
  const Foreground made = foreground_on_white(plain, 0.9, BoxShape::kBox, 5);
  EXPECT_EQ(made.picture.width, 20);
  if (!made.found) {
    EXPECT_EQ(made.picture.pixels, plain.pixels);
  }
  const data::RgbImage one{1, 1, {5, 6, 7}};
  const Foreground small = foreground_on_white(one, 0.9, BoxShape::kBox, 5);
  EXPECT_FALSE(small.found);
  EXPECT_EQ(small.picture.pixels, one.pixels);
}

TEST(Foreground, RefusesBoxesOutsideThePhoto) {
  EXPECT_ERSATZ_ERROR(foreground_on_white(photo(64), 1.2, BoxShape::kBox, 5),
                      core::ExitCode::kUsage, "outside (0, 1]");
  EXPECT_ERSATZ_ERROR(foreground_on_white(photo(64), 0, BoxShape::kBox, 5), core::ExitCode::kUsage,
                      "outside (0, 1]");
}

}  // namespace
}  // namespace ersatz::generate
