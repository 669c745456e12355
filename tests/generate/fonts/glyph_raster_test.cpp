#include "generate/fonts/glyph_raster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "generate/fonts/font_fixture.h"

namespace ersatz::generate {
namespace {

using data::ink_box;
using data::InkBox;
using data::kDigitCentre;
using data::kDigitExtent;
using data::kDigitPixels;
using data::kDigitSize;

constexpr char kOnCurve = 1;

GlyphOutline polygon(const std::vector<OutlinePoint>& points) {
  GlyphOutline outline;
  outline.points = points;
  outline.tags.assign(points.size(), kOnCurve);
  outline.contours = {static_cast<std::int16_t>(points.size() - 1)};
  return outline;
}

struct Drawn {
  std::vector<std::uint8_t> pixels = std::vector<std::uint8_t>(kDigitPixels);
  InkBox box() const { return ink_box(pixels.data(), kDigitSize, kDigitSize, kDigitSize); }
  double mass() const {
    double sum = 0;
    for (const auto p : pixels) sum += p;
    return sum / 255;
  }
  double centre(bool vertical) const {
    double sum = 0;
    for (int i = 0; i < kDigitPixels; ++i) {
      sum += pixels[static_cast<std::size_t>(i)] * (vertical ? i / kDigitSize : i % kDigitSize);
    }
    return sum / 255 / mass();
  }
};

Drawn draw(const GlyphOutline& outline, double degrees) {
  static GlyphRaster raster;
  Drawn drawn;
  raster.draw(outline, degrees, drawn.pixels.data());
  return drawn;
}

// 200 wide, 1000 high, somewhere in font space.
const GlyphOutline kBar = polygon({{300, -100}, {300, 900}, {500, 900}, {500, -100}});

TEST(GlyphRaster, UprightBarFillsTwentyByFour) {
  const Drawn bar = draw(kBar, 0);
  const InkBox box = bar.box();
  EXPECT_EQ(box.height, 20);
  EXPECT_EQ(box.width, 4);
  EXPECT_EQ(std::count(bar.pixels.begin(), bar.pixels.end(), 255), 80);
}

TEST(GlyphRaster, QuarterTurnSwapsTheSides) {
  const InkBox box = draw(kBar, 90).box();
  EXPECT_EQ(box.width, 20);
  EXPECT_EQ(box.height, 4);
}

// At angle a the bar's box is (W cos a + H sin a) high and wide accordingly, and is scaled to 20.
TEST(GlyphRaster, AreaFollowsTheRotatedBox) {
  for (const double degrees : {-47.0, -13.0, 5.0, 30.0, 45.0}) {
    const double a = std::abs(degrees) * 3.14159265358979 / 180;
    const double height = 1000 * std::cos(a) + 200 * std::sin(a);
    const double width = 200 * std::cos(a) + 1000 * std::sin(a);
    const double scale = 20 / std::max(height, width);
    EXPECT_NEAR(draw(kBar, degrees).mass(), 200 * 1000 * scale * scale, 0.6) << degrees;
  }
}

// An "L" tells the direction: turned clockwise by 90 degrees its foot, at the lower right, comes to
// the lower left (stem on top).
TEST(GlyphRaster, PositiveAnglesTurnClockwise) {
  const GlyphOutline ell =
      polygon({{0, 0}, {0, 1000}, {150, 1000}, {150, 150}, {600, 150}, {600, 0}});
  const Drawn upright = draw(ell, 0), turned = draw(ell, 90);
  const InkBox a = upright.box(), b = turned.box();
  const auto row_mass = [](const Drawn& drawn, int y) {
    int mass = 0;
    for (int x = 0; x < kDigitSize; ++x) {
      mass += drawn.pixels[static_cast<std::size_t>(y * kDigitSize + x)];
    }
    return mass;
  };
  // Upright: the foot makes the lowest row the heaviest. Turned: the stem lies on top.
  EXPECT_GT(row_mass(upright, a.top + a.height - 1), row_mass(upright, a.top));
  EXPECT_GT(row_mass(turned, b.top), row_mass(turned, b.top + b.height - 1));
  const int bottom = b.top + b.height - 1;
  EXPECT_GT(turned.pixels[static_cast<std::size_t>(bottom * kDigitSize + b.left)], 0);
  EXPECT_EQ(turned.pixels[static_cast<std::size_t>(bottom * kDigitSize + b.left + b.width - 1)], 0);
}

TEST(GlyphRaster, EveryInstalledFontIsInTheMnistFrame) {
  ERSATZ_REQUIRE_FONTS(fonts);
  for (const Font& font : fonts.fonts()) {
    for (std::size_t digit = 0; digit < 10; ++digit) {
      for (const double degrees : {-47.0, 0.0, 45.0}) {
        const Drawn drawn = draw(font.outlines.digits[digit], degrees);
        const InkBox box = drawn.box();
        // A tip thinner than 1/255 of a pixel may fade away at one end of a turned glyph.
        ASSERT_LE(std::max(box.width, box.height), kDigitExtent) << font.path << ' ' << digit;
        ASSERT_GE(std::max(box.width, box.height), kDigitExtent - 1) << font.path << ' ' << digit;
        ASSERT_NEAR(drawn.centre(false), kDigitCentre, 0.5 + 1e-9) << font.path << ' ' << digit;
        ASSERT_NEAR(drawn.centre(true), kDigitCentre, 0.5 + 1e-9) << font.path << ' ' << digit;
        ASSERT_GT(drawn.mass(), 15) << font.path << ' ' << digit << " is almost invisible";
        ASSERT_LT(drawn.mass(), 330) << font.path << ' ' << digit << " is a blot";
      }
    }
  }
}

}  // namespace
}  // namespace ersatz::generate
