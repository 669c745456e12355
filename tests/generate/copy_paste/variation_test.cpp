#include "generate/copy_paste/variation.h"

#include <cmath>

#include "generate/copy_paste/colour_jitter.h"
#include "generate/copy_paste/sample_pictures.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using core::ExitCode;
using data::RgbaImage;

const std::uint8_t* at(const RgbaImage& image, int x, int y) {
  return &image.pixels[static_cast<std::size_t>(4 * (y * image.width + x))];
}

std::uint32_t word(const RgbaImage& image, int x, int y) {
  const std::uint8_t* p = at(image, x, y);
  return static_cast<std::uint32_t>(p[0] << 24 | p[1] << 16 | p[2] << 8) + p[3];
}

TEST(Variation, TheDefaultChangesNothing) {
  const RgbaImage disc = test::sample_disc(21);
  const RgbaImage same = varied(disc, {});
  ASSERT_EQ(same.width, 21);
  ASSERT_EQ(same.height, 21);
  for (std::size_t i = 0; i < disc.pixels.size(); i += 4) {
    ASSERT_EQ(same.pixels[i + 3], disc.pixels[i + 3]);
    if (disc.pixels[i + 3] == 0) continue;
    for (std::size_t c = 0; c < 3; ++c) ASSERT_NEAR(same.pixels[i + c], disc.pixels[i + c], 1);
  }
}

TEST(Variation, ReflectionsAndQuarterTurnsAreExact) {
  const RgbaImage block = test::sample_block(9, 5);
  Variation variation;
  variation.flip_horizontal = true;
  RgbaImage image = varied(block, variation);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 9; ++x) EXPECT_EQ(word(image, x, y), word(block, 8 - x, y));
  }
  variation = {};
  variation.flip_vertical = true;
  image = varied(block, variation);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 9; ++x) EXPECT_EQ(word(image, x, y), word(block, x, 4 - y));
  }
  variation = {};
  variation.rotation = 90;  // counter-clockwise: the right edge becomes the top
  image = varied(block, variation);
  ASSERT_GE(image.width, 5);
  ASSERT_GE(image.height, 9);
  int equal = 0;
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 5; ++x) {
      const std::uint8_t* turned = at(image, x + (image.width - 5) / 2, y + (image.height - 9) / 2);
      const std::uint8_t* from = at(block, 8 - y, x);
      equal += std::abs(turned[0] - from[0]) <= 1 && std::abs(turned[1] - from[1]) <= 1 &&
               turned[3] >= 254;
    }
  }
  EXPECT_EQ(equal, 45);
}

TEST(Variation, AreaGrowsWithTheSquareOfTheScale) {
  const RgbaImage disc = test::sample_disc(61);
  const auto area = [](const RgbaImage& image) {
    double sum = 0;
    for (std::size_t i = 3; i < image.pixels.size(); i += 4) sum += image.pixels[i] / 255.0;
    return sum;
  };
  for (const double scale : {0.25, 0.5, 0.77, 1.5, 2.0}) {
    for (const double rotation : {0.0, 31.0, -120.0}) {
      Variation variation;
      variation.scale = scale;
      variation.rotation = rotation;
      EXPECT_NEAR(area(varied(disc, variation)) / (area(disc) * scale * scale), 1, 0.04)
          << scale << " " << rotation;
    }
  }
}

// The classic flaw: the colour of transparent pixels, white here, bleeding in.
TEST(Variation, ColoursOfTransparentPixelsDoNotBleedIn) {
  RgbaImage disc = test::sample_disc(40);
  for (std::size_t i = 0; i < disc.pixels.size(); i += 4) {
    const bool inside = disc.pixels[i + 3] != 0;
    disc.pixels[i] = inside ? 200 : 255;
    disc.pixels[i + 1] = inside ? 30 : 255;
    disc.pixels[i + 2] = inside ? 10 : 255;
  }
  for (const double scale : {0.3, 0.8, 1.7}) {
    Variation variation;
    variation.scale = scale;
    variation.rotation = 17;
    variation.feather = 1.5;
    const RgbaImage image = varied(disc, variation);
    for (std::size_t i = 0; i < image.pixels.size(); i += 4) {
      if (image.pixels[i + 3] < 8) continue;  // too faint to have a colour
      ASSERT_NEAR(image.pixels[i], 200, 3) << scale;
      ASSERT_NEAR(image.pixels[i + 1], 30, 3) << scale;
      ASSERT_NEAR(image.pixels[i + 2], 10, 3) << scale;
    }
  }
}

TEST(Variation, FeatherFadesInwardsOnly) {
  const RgbaImage disc = test::sample_disc(60);
  Variation variation;
  variation.feather = 2;
  const RgbaImage soft = varied(disc, variation);
  // It may have lost the outermost pixels; align the centres.
  ASSERT_LE(soft.width, 60);
  const int shift = (60 - soft.width) / 2;
  int changed = 0;
  for (int y = 0; y < soft.height; ++y) {
    for (int x = 0; x < soft.width; ++x) {
      const int before = at(disc, x + shift, y + shift)[3], after = at(soft, x, y)[3];
      ASSERT_LE(after, before);
      changed += before == 255 && after < 250;
      const double inside = 30 - std::hypot(x + shift + 0.5 - 30, y + shift + 0.5 - 30);
      if (inside > 6) {
        ASSERT_GE(after, 254);  // three deviations in
      }
      if (inside < 1) {
        ASSERT_LT(after, 160);
      }
    }
  }
  EXPECT_GT(changed, 200);
}

TEST(Variation, DrawsStayInTheirRangesAndReachTheEnds) {
  VariationRange range;
  range.scale_of = ScaleReference::kBackground;
  range.scale_low = 0.2;
  range.scale_high = 0.6;
  range.rotation = 45;
  range.flip_horizontal = 0.25;
  range.flip_vertical = 0;
  core::Stream stream(3, "test");
  const RgbaImage block = test::sample_block(20, 40);
  int flips = 0;
  double least = 1e9, most = 0;
  for (int i = 0; i < 2000; ++i) {
    const Variation one = draw_variation(range, block, 300, 200, stream);
    const double share = one.scale * 40 / 200;  // longer side over the background's shorter one
    least = std::min(least, share);
    most = std::max(most, share);
    EXPECT_LE(std::abs(one.rotation), 45);
    EXPECT_FALSE(one.flip_vertical);
    flips += one.flip_horizontal;
    EXPECT_LE(std::abs(one.brightness - 1), 0.2);
    EXPECT_LE(std::abs(one.hue), 0.02);
  }
  EXPECT_GE(least, 0.2);
  EXPECT_LT(least, 0.21);
  EXPECT_LE(most, 0.6);
  EXPECT_GT(most, 0.59);
  EXPECT_NEAR(flips / 2000.0, 0.25, 0.04);
}

TEST(Variation, WrongRangesAreNamed) {
  const auto wrong = [](auto change, const char* text) {
    VariationRange range;
    change(range);
    EXPECT_ERSATZ_ERROR(require_valid(range), ExitCode::kUsage, text);
  };
  EXPECT_NO_THROW(require_valid({}));
  wrong([](VariationRange& r) { r.scale_low = 0; }, "scale 0 is not in");
  wrong([](VariationRange& r) { r.scale_high = 0.1; }, "scale 0.1 is not in");
  wrong([](VariationRange& r) { r.rotation = 181; }, "rotation");
  wrong([](VariationRange& r) { r.flip_vertical = -0.1; }, "vertical flip");
  wrong([](VariationRange& r) { r.feather = std::nan(""); }, "feather");
  wrong([](VariationRange& r) { r.brightness = 1.1; }, "brightness");
  wrong([](VariationRange& r) { r.hue = 0.6; }, "hue");
}

RgbaImage two_pixels() { return {3, 1, {200, 100, 50, 255, 40, 60, 20, 128, 9, 9, 9, 0}}; }

TEST(ColourJitter, IsThatOfItsDefinition) {
  RgbaImage image = two_pixels();
  jitter_colours(image, 1.5, 1, 1, 0);
  EXPECT_EQ(image.pixels,
            (std::vector<std::uint8_t>{255, 150, 75, 255, 60, 90, 30, 128, 9, 9, 9, 0}));
  image = two_pixels();
  jitter_colours(image, 1, 0, 1, 0);  // only the mean luma is left: (124.2 + 49.46) / 2 = 86.83
  EXPECT_EQ(image.pixels,
            (std::vector<std::uint8_t>{87, 87, 87, 255, 87, 87, 87, 128, 9, 9, 9, 0}));
  image = two_pixels();
  jitter_colours(image, 1, 1, 0, 0);
  EXPECT_EQ(image.pixels,
            (std::vector<std::uint8_t>{124, 124, 124, 255, 49, 49, 49, 128, 9, 9, 9, 0}));
  image = two_pixels();
  jitter_colours(image, 1, 1, 1, 1.0 / 3);  // red becomes green, green blue, blue red
  EXPECT_EQ(image.pixels,
            (std::vector<std::uint8_t>{50, 200, 100, 255, 20, 40, 60, 128, 9, 9, 9, 0}));
  image = two_pixels();
  jitter_colours(image, 1, 1, 1, -1.0 / 3);
  EXPECT_EQ(image.pixels,
            (std::vector<std::uint8_t>{100, 50, 200, 255, 60, 20, 40, 128, 9, 9, 9, 0}));
  image = two_pixels();
  jitter_colours(image, 1, 1, 1, 0);
  EXPECT_EQ(image.pixels, two_pixels().pixels);
}

}  // namespace
}  // namespace ersatz::generate
