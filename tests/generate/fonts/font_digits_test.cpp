#include "generate/fonts/font_digits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "data/digits/digit_frame.h"
#include "data/digits/stroke_digits.h"
#include "generate/fonts/font_fixture.h"
#include "generate/fonts/glyph_raster.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

FontDigitOptions few_angles(int threads = 0) {
  FontDigitOptions options;
  options.angle_min = -20;
  options.angle_step = 10;
  options.angle_count = 5;
  options.threads = threads;
  return options;
}

TEST(FontDigits, DefaultAnglesAreThePaperS) {
  const FontDigitOptions options;
  EXPECT_EQ(options.angle_min, -47);
  EXPECT_EQ(options.angle_min + options.angle_step * (options.angle_count - 1), 45);
  EXPECT_EQ(149 * 10 * options.angle_count, 70'030);
}

TEST(FontDigits, OrderLabelsAndTrace) {
  ERSATZ_REQUIRE_FONTS(fonts);
  const FontDigits digits = render_font_digits(fonts, few_angles());
  ASSERT_EQ(digits.size(), fonts.size() * 50);
  ASSERT_EQ(digits.font.size(), digits.size());
  ASSERT_EQ(digits.angle.size(), digits.size());
  GlyphRaster raster;
  std::vector<std::uint8_t> expected(data::kDigitPixels);
  for (std::size_t i = 0; i < digits.size(); i += 37) {
    EXPECT_EQ(digits.font[i], i / 50);
    EXPECT_EQ(digits.images.labels[i], i / 5 % 10);
    EXPECT_EQ(digits.angle[i], -20 + 10 * static_cast<float>(i % 5));
    raster.draw(fonts.fonts()[i / 50].outlines.digits[i / 5 % 10],
                static_cast<double>(digits.angle[i]), expected.data());
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), digits.images.image(i))) << i;
  }
}

TEST(FontDigits, ThreadsDoNotChangeTheResult) {
  ERSATZ_REQUIRE_FONTS(fonts);
  const FontDigits one = render_font_digits(fonts, few_angles(1));
  const FontDigits three = render_font_digits(fonts, few_angles(3));
  EXPECT_EQ(one.images.pixels, three.images.pixels);
  EXPECT_EQ(one.images.labels, three.images.labels);
  EXPECT_EQ(one.font, three.font);
  EXPECT_EQ(one.angle, three.angle);
}

TEST(FontDigits, ImpossibleOptionsAreRefused) {
  FontDigitOptions none;
  none.angle_count = 0;
  EXPECT_ERSATZ_ERROR(render_font_digits(FontSet(), none), core::ExitCode::kUsage, "0 angles");
  FontDigitOptions infinite;
  infinite.angle_step = std::nan("");
  EXPECT_ERSATZ_ERROR(render_font_digits(FontSet(), infinite), core::ExitCode::kUsage, "degrees");
}

// Share of `test` whose nearest class mean of `train` is their label.
double nearest_centroid_accuracy(const data::LabelledImages& train,
                                 const data::LabelledImages& test) {
  std::array<std::array<double, data::kDigitPixels>, 10> mean{};
  std::array<double, 10> count{};
  for (std::size_t i = 0; i < train.size(); ++i) {
    auto& sum = mean.at(train.labels[i]);
    for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += train.image(i)[p];
    ++count.at(train.labels[i]);
  }
  std::size_t right = 0;
  for (std::size_t i = 0; i < test.size(); ++i) {
    std::size_t nearest = 0;
    double best = -1;
    for (std::size_t label = 0; label < 10; ++label) {
      double distance = 0;
      for (std::size_t p = 0; p < mean[label].size(); ++p) {
        const double difference = test.image(i)[p] - mean[label][p] / count[label];
        distance += difference * difference;
      }
      if (best < 0 || distance < best) {
        best = distance;
        nearest = label;
      }
    }
    right += nearest == test.labels[i];
  }
  return static_cast<double>(right) / static_cast<double>(test.size());
}

// The stand-in for handwriting must leave a gap: fonts help, but do not solve it.
TEST(FontDigits, TeachSomethingAboutStrokeDigits) {
  ERSATZ_REQUIRE_FONTS(fonts);
  if (fonts.size() < 50) {
    GTEST_SKIP() << "needs a mix of at least 50 fonts, " << fonts.size() << " are installed";
  }
  const double accuracy = nearest_centroid_accuracy(render_font_digits(fonts, few_angles()).images,
                                                    data::draw_stroke_digits(2000, 1));
  RecordProperty("accuracy", std::to_string(accuracy));
  EXPECT_GT(accuracy, 0.40);
  EXPECT_LT(accuracy, 0.97);
}

}  // namespace
}  // namespace ersatz::generate
