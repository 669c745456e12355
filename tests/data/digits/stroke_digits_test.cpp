#include "data/digits/stroke_digits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "data/digits/digit_frame.h"
#include "data/digits/digit_skeletons.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

LabelledImages joined(const std::vector<LabelledImages>& parts) {
  LabelledImages all;
  all.height = all.width = kDigitSize;
  for (const LabelledImages& part : parts) {
    all.pixels.insert(all.pixels.end(), part.pixels.begin(), part.pixels.end());
    all.labels.insert(all.labels.end(), part.labels.begin(), part.labels.end());
  }
  return all;
}

TEST(StrokeDigits, ImageDependsOnSeedAndIndexOnly) {
  const LabelledImages whole = draw_stroke_digits(300, 11);
  const LabelledImages chunks =
      joined({draw_stroke_digits(1, 11, 0), draw_stroke_digits(150, 11, 1),
              draw_stroke_digits(149, 11, 151)});
  EXPECT_EQ(whole.labels, chunks.labels);
  EXPECT_EQ(whole.pixels, chunks.pixels);
  for (const int threads : {1, 2, 5}) {
    EXPECT_EQ(draw_stroke_digits(300, 11, 0, threads).pixels, whole.pixels) << threads;
  }
  EXPECT_NE(draw_stroke_digits(300, 12).pixels, whole.pixels);
}

TEST(StrokeDigits, LabelsAreUniform) {
  constexpr std::int64_t kCount = 10'000;
  const LabelledImages set = draw_stroke_digits(kCount, 3);
  std::array<int, 10> counts{};
  for (const auto label : set.labels) ++counts.at(label);
  // 5 sd of a binomial with p = 0.1.
  const double tolerance = 5 * std::sqrt(kCount * 0.1 * 0.9);
  for (const int count : counts) EXPECT_NEAR(count, kCount / 10, tolerance);
}

TEST(StrokeDigits, AreInTheMnistFrame) {
  const LabelledImages set = draw_stroke_digits(2000, 4);
  ASSERT_EQ(set.height, kDigitSize);
  ASSERT_EQ(set.width, kDigitSize);
  for (std::size_t i = 0; i < set.size(); ++i) {
    const std::uint8_t* image = set.image(i);
    const InkBox box = ink_box(image, kDigitSize, kDigitSize, kDigitSize);
    ASSERT_EQ(std::max(box.width, box.height), kDigitExtent) << i;
    double mass = 0, mx = 0, my = 0;
    for (int p = 0; p < kDigitPixels; ++p) {
      mass += image[p];
      mx += image[p] * (p % kDigitSize);
      my += image[p] * (p / kDigitSize);
    }
    ASSERT_NEAR(mx / mass, kDigitCentre, 0.5 + 1e-9) << i;
    ASSERT_NEAR(my / mass, kDigitCentre, 0.5 + 1e-9) << i;
  }
}

// MNIST's training images: mean grey 33.4, 19.2 % of pixels inked, 7.4 % full ink (>= 250).
TEST(StrokeDigits, InkIsLikeMnist) {
  const LabelledImages set = draw_stroke_digits(4000, 5);
  double sum = 0, inked = 0, full = 0;
  for (const auto p : set.pixels) {
    sum += p;
    inked += p > 0;
    full += p >= 250;
  }
  const auto pixels = static_cast<double>(set.pixels.size());
  EXPECT_NEAR(sum / pixels, 33.4, 2.0);
  EXPECT_NEAR(inked / pixels, 0.192, 0.012);
  EXPECT_NEAR(full / pixels, 0.074, 0.010);
}

// Nearest neighbour among 2,000: hard enough to be interesting, easy enough to be learnt. (On MNIST
// the same test errs on about 10 % of the images.)
TEST(StrokeDigits, AreNeitherTrivialNorImpossible) {
  const LabelledImages train = draw_stroke_digits(2000, 6), test = draw_stroke_digits(300, 6, 5000);
  int wrong = 0;
  for (std::size_t i = 0; i < test.size(); ++i) {
    long best = -1;
    std::uint8_t label = 0;
    for (std::size_t j = 0; j < train.size(); ++j) {
      const std::uint8_t *a = test.image(i), *b = train.image(j);
      int distance = 0;
      for (int p = 0; p < kDigitPixels; ++p) distance += (a[p] - b[p]) * (a[p] - b[p]);
      if (best < 0 || distance < best) {
        best = distance;
        label = train.labels[j];
      }
    }
    wrong += label != test.labels[i];
  }
  EXPECT_GT(wrong, 300 * 2 / 100);
  EXPECT_LT(wrong, 300 * 16 / 100);
}

TEST(StrokeDigits, NegativeNumbersAreRefused) {
  EXPECT_ERSATZ_ERROR(draw_stroke_digits(-1, 0), core::ExitCode::kUsage, "count -1");
  EXPECT_ERSATZ_ERROR(draw_stroke_digits(1, 0, -5), core::ExitCode::kUsage, "first index -5");
  EXPECT_EQ(draw_stroke_digits(0, 0).size(), 0U);
}

TEST(DigitSkeletons, SharesSumToOne) {
  for (int digit = 0; digit < 10; ++digit) {
    float sum = 0;
    for (const Skeleton& form : digit_skeletons(digit)) {
      EXPECT_GT(form.share, 0);
      sum += form.share;
      for (const SkeletonStroke& stroke : form.strokes) EXPECT_GE(stroke.size(), 2U);
    }
    EXPECT_NEAR(sum, 1, 1e-5) << digit;
  }
}

}  // namespace
}  // namespace ersatz::data
