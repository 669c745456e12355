// The vector outline of one glyph, taken out of its font file and independent of FreeType.
#pragma once

#include <cstdint>
#include <vector>

namespace ersatz::generate {

struct OutlinePoint {
  double x, y;  // font units, y up
};

struct GlyphOutline {
  std::vector<OutlinePoint> points;    // on-curve points and Bezier control points
  std::vector<char> tags;              // per point, FT_CURVE_TAG bits
  std::vector<std::int16_t> contours;  // index of the last point of each contour
  int flags = 0;                       // FT_OUTLINE_* (fill rule)

  bool empty() const { return points.empty(); }
};

bool operator==(const GlyphOutline& a, const GlyphOutline& b);

}  // namespace ersatz::generate
