// Every digit of every font at every angle: the paper's synthetic images.
//
// Source: the paper behind experiments/mnist (149 fonts x 10 digits x 47 rotations from -47 degrees
// on = 70,030 images, in MNIST's frame). The original drew bitmaps with ImageMagick and resampled
// them; here the outlines themselves are turned.
#pragma once

#include <cstdint>
#include <vector>

#include "data/labelled_images.h"
#include "generate/fonts/font_set.h"

namespace ersatz::generate {

struct FontDigitOptions {
  double angle_min = -47;  // degrees, clockwise
  double angle_step = 2;   // degrees between two variations
  int angle_count = 47;    // variations of each glyph, >= 1: -47, -45, ..., 45
  int threads = 0;         // <= 0: one per processor; never changes the result
};

struct FontDigits {
  data::LabelledImages images;      // 28x28, 0 = background, 255 = ink
  std::vector<std::uint16_t> font;  // [N], index into FontSet::fonts()
  std::vector<float> angle;         // [N], degrees

  std::size_t size() const { return images.size(); }
};

// Image (font * 10 + digit) * angle_count + variation. Throws Error::usage on impossible options.
FontDigits render_font_digits(const FontSet& fonts, const FontDigitOptions& options = {});

}  // namespace ersatz::generate
