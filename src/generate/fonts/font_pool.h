// Splits the font digits into the pool that training sets are drawn from and the font test set.
#pragma once

#include <cstdint>
#include <vector>

#include "generate/fonts/font_digits.h"

namespace ersatz::generate {

// The paper's numbers: 70,030 images = 60,000 pool + 10,030 test.
inline constexpr std::int64_t kPaperFontImages = 70'030;
inline constexpr std::int64_t kPaperFontTestImages = 10'030;

struct FontPool {
  data::LabelledImages pool;  // in the order of the permutation
  data::LabelledImages test;
  std::vector<std::int64_t> pool_source;  // [pool], index of the image in FontDigits
  std::vector<std::int64_t> test_source;  // [test]
};

// A permutation seeded by (seed, "font pool"): its first `test_count` images are the test set, the
// rest is the pool. As in the paper the split is by image, so one glyph at neighbouring angles may
// be on both sides. Throws Error::usage unless 0 <= test_count < digits.size().
FontPool split_font_digits(const FontDigits& digits, std::int64_t test_count, std::uint64_t seed);

// The test share of the paper for a set of `images` images: 10,030 of 70,030, rounded.
std::int64_t paper_test_count(std::int64_t images);

}  // namespace ersatz::generate
