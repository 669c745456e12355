#include "generate/fonts/font_pool.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/philox.h"

namespace ersatz::generate {

FontPool split_font_digits(const FontDigits& digits, std::int64_t test_count, std::uint64_t seed) {
  const auto count = static_cast<std::int64_t>(digits.size());
  if (test_count < 0 || test_count >= count) {
    throw core::Error::usage(
        fmt::format("{} test images cannot be taken from {} font digits", test_count, count),
        "the test set must leave something for the pool");
  }
  const std::vector<std::int64_t> order = core::permutation(count, core::Stream(seed, "font pool"));
  FontPool split;
  split.test_source.assign(order.begin(), order.begin() + test_count);
  split.pool_source.assign(order.begin() + test_count, order.end());
  split.test = data::select(digits.images, split.test_source);
  split.pool = data::select(digits.images, split.pool_source);
  return split;
}

std::int64_t paper_test_count(std::int64_t images) {
  return (images * kPaperFontTestImages + kPaperFontImages / 2) / kPaperFontImages;
}

}  // namespace ersatz::generate
