#include "generate/fonts/glyph_outline.h"

namespace ersatz::generate {

bool operator==(const GlyphOutline& a, const GlyphOutline& b) {
  if (a.points.size() != b.points.size() || a.tags != b.tags || a.contours != b.contours) {
    return false;
  }
  for (std::size_t i = 0; i < a.points.size(); ++i) {
    if (a.points[i].x != b.points[i].x || a.points[i].y != b.points[i].y) return false;
  }
  return true;
}

}  // namespace ersatz::generate
