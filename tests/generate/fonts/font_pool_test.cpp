#include "generate/fonts/font_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/test_support.h"

namespace ersatz::generate {
namespace {

// One-pixel images whose value tells which one they are.
FontDigits numbered(int count) {
  FontDigits digits;
  digits.images.height = digits.images.width = 1;
  for (int i = 0; i < count; ++i) {
    digits.images.pixels.push_back(static_cast<std::uint8_t>(i));
    digits.images.labels.push_back(static_cast<std::uint8_t>(i % 10));
  }
  return digits;
}

TEST(FontPool, EveryImageIsInExactlyOnePart) {
  const FontPool split = split_font_digits(numbered(200), 30, 5);
  ASSERT_EQ(split.test.size(), 30U);
  ASSERT_EQ(split.pool.size(), 170U);
  std::vector<std::int64_t> all = split.pool_source;
  all.insert(all.end(), split.test_source.begin(), split.test_source.end());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], static_cast<std::int64_t>(i));
  for (std::size_t i = 0; i < split.pool.size(); ++i) {
    EXPECT_EQ(*split.pool.image(i), split.pool_source[i]);
    EXPECT_EQ(split.pool.labels[i], split.pool_source[i] % 10);
  }
}

TEST(FontPool, DependsOnTheSeedOnly) {
  const FontDigits digits = numbered(100);
  EXPECT_EQ(split_font_digits(digits, 20, 1).test_source,
            split_font_digits(digits, 20, 1).test_source);
  EXPECT_NE(split_font_digits(digits, 20, 1).test_source,
            split_font_digits(digits, 20, 2).test_source);
}

TEST(FontPool, PaperNumbers) {
  EXPECT_EQ(paper_test_count(70'030), 10'030);
  EXPECT_EQ(paper_test_count(7'003), 1'003);
  EXPECT_EQ(kPaperFontImages - kPaperFontTestImages, 60'000);
}

TEST(FontPool, RefusesAnEmptyPool) {
  EXPECT_ERSATZ_ERROR(split_font_digits(numbered(10), 10, 0), core::ExitCode::kUsage,
                      "10 test images cannot be taken from 10 font digits");
  EXPECT_ERSATZ_ERROR(split_font_digits(numbered(10), -1, 0), core::ExitCode::kUsage, "-1 test");
  EXPECT_EQ(split_font_digits(numbered(10), 0, 0).pool.size(), 10U);
}

}  // namespace
}  // namespace ersatz::generate
