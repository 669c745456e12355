#include "generate/fonts/font_digits.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "data/digits/digit_frame.h"
#include "data/digits/parallel_blocks.h"
#include "generate/fonts/glyph_raster.h"

namespace ersatz::generate {

FontDigits render_font_digits(const FontSet& fonts, const FontDigitOptions& options) {
  if (options.angle_count < 1 || !std::isfinite(options.angle_min) ||
      !std::isfinite(options.angle_step)) {
    throw core::Error::usage(
        fmt::format("font digits: {} angles from {} in steps of {} degrees", options.angle_count,
                    options.angle_min, options.angle_step),
        "at least one angle, all of them finite");
  }
  const auto glyphs = static_cast<std::int64_t>(fonts.size()) * 10;
  const std::int64_t variations = options.angle_count;
  FontDigits digits;
  digits.images.height = digits.images.width = data::kDigitSize;
  const auto count = static_cast<std::size_t>(glyphs * variations);
  digits.images.labels.resize(count);
  digits.images.pixels.resize(count * digits.images.image_bytes());
  digits.font.resize(count);
  digits.angle.resize(count);

  // Ten glyphs per block: one font.
  data::for_each_block(glyphs, 10, options.threads, [&](std::int64_t begin, std::int64_t end) {
    GlyphRaster raster;
    for (std::int64_t glyph = begin; glyph < end; ++glyph) {
      const auto font = static_cast<std::size_t>(glyph / 10);
      const auto digit = static_cast<std::size_t>(glyph % 10);
      const GlyphOutline& outline = fonts.fonts()[font].outlines.digits[digit];
      for (std::int64_t variation = 0; variation < variations; ++variation) {
        const auto at = static_cast<std::size_t>(glyph * variations + variation);
        const double angle =
            options.angle_min + options.angle_step * static_cast<double>(variation);
        raster.draw(outline, angle, digits.images.image(at));
        digits.images.labels[at] = static_cast<std::uint8_t>(digit);
        digits.font[at] = static_cast<std::uint16_t>(font);
        digits.angle[at] = static_cast<float>(angle);
      }
    }
  });
  return digits;
}

}  // namespace ersatz::generate
