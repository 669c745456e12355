// Draws pen paths as anti-aliased ink.
#pragma once

#include <cstdint>
#include <vector>

#include "data/digits/pen_path.h"

namespace ersatz::data {

// A square 8-bit canvas, reused from digit to digit so that drawing does not allocate.
class InkCanvas {
 public:
  explicit InkCanvas(int size);

  // Clears the canvas and draws the paths scaled and moved so that their ink box (pen included)
  // fits with its longest side `extent` px (<= size - 2).
  void draw(const std::vector<PenPath>& paths, int extent);

  const std::uint8_t* pixels() const { return pixels_.data(); }
  int size() const { return size_; }

 private:
  void draw_segment(const PenVertex& from, const PenVertex& to);

  int size_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace ersatz::data
