#include "data/digits/stroke_digits.h"

#include <fmt/format.h>

#include <cstddef>
#include <vector>

#include "core/error.h"
#include "core/philox.h"
#include "data/digits/digit_skeletons.h"
#include "data/digits/mnist_normalise.h"
#include "data/digits/parallel_blocks.h"
#include "data/digits/pen_path.h"
#include "data/digits/pen_raster.h"
#include "data/digits/writer_style.h"

namespace ersatz::data {
namespace {

// Drawn this much larger than the 20 px it ends with, like the scans that MNIST was made from.
constexpr int kOversampling = 3;
constexpr int kInkExtent = kOversampling * kDigitExtent;
constexpr std::int64_t kImagesPerBlock = 64;

const Skeleton& choose_form(int digit, core::Stream& random) {
  const std::vector<Skeleton>& forms = digit_skeletons(digit);
  float left = random.uniform();
  for (std::size_t i = 0; i + 1 < forms.size(); ++i) {
    if (left < forms[i].share) return forms[i];
    left -= forms[i].share;
  }
  return forms.back();
}

}  // namespace

LabelledImages draw_stroke_digits(std::int64_t count, std::uint64_t seed, std::int64_t first_index,
                                  int threads) {
  if (count < 0 || first_index < 0) {
    throw core::Error::usage(fmt::format(
        "stroke digits: count {} and first index {} must not be negative", count, first_index));
  }
  LabelledImages set;
  set.height = set.width = kDigitSize;
  set.labels.resize(static_cast<std::size_t>(count));
  set.pixels.resize(set.labels.size() * set.image_bytes());
  for_each_block(count, kImagesPerBlock, threads, [&](std::int64_t begin, std::int64_t end) {
    InkCanvas canvas(kInkExtent + 2);
    for (std::int64_t i = begin; i < end; ++i) {
      core::Stream random(seed, "stroke digits", static_cast<std::uint64_t>(first_index + i));
      const auto at = static_cast<std::size_t>(i);
      const auto digit = static_cast<std::uint8_t>(random.below(10));
      const Skeleton& form = choose_form(digit, random);
      const WriterStyle style = draw_writer_style(random);
      canvas.draw(write_skeleton(form, style, random), kInkExtent);
      mnist_normalise(canvas.pixels(), canvas.size(), canvas.size(), set.image(at));
      set.labels[at] = digit;
    }
  });
  return set;
}

}  // namespace ersatz::data
