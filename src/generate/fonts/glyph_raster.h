// Draws a glyph outline as a 28x28 digit image, by vector: nothing is ever resampled.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/digits/digit_frame.h"
#include "generate/fonts/freetype_library.h"
#include "generate/fonts/glyph_outline.h"

namespace ersatz::generate {

// One per thread. Reuses its buffers from glyph to glyph.
class GlyphRaster {
 public:
  // Rotates the outline by `degrees` (clockwise as seen, as image tools count), scales it so that
  // the longest side of its exact bounding box is 20 px, and draws it anti-aliased (exact area
  // coverage, 0..255) into `out`, 28x28, with the centre of mass at (14,14) within 0.5 px.
  // The source of the frame is MNIST: data/digits/digit_frame.h.
  void draw(const GlyphOutline& outline, double degrees, std::uint8_t* out);

 private:
  FreetypeLibrary library_;
  std::vector<OutlinePoint> turned_;
  std::vector<FT_Vector> points_;
  std::vector<char> tags_;
  std::vector<short> contours_;
  std::array<std::uint8_t, data::kDigitExtent * data::kDigitExtent> patch_{};
};

}  // namespace ersatz::generate
