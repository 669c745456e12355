// Polygons as masks, pixel for pixel as COCO's tools fill them (cocodataset/cocoapi, maskApi).
#pragma once

#include <vector>

#include "data/coco/mask_budget.h"
#include "data/coco/rle.h"

namespace ersatz::data {

// Of a corner, in px and either direction.
inline constexpr double kMaxPolygonCoordinate = 1e8;

// The polygon with the corners x0, y0, x1, y1, ... in px, the upper left corner of the picture at
// (0, 0). Its edge is drawn on a grid five times as fine; a pixel column holds what lies between
// crossings of its middle line, even-odd. Error::internal for an odd number of coordinates, fewer
// than six, or one that is not finite or beyond kMaxPolygonCoordinate; Error of exit code 30 when
// its edges cross columns more than four million times, which outlines of things do not. What it
// costs is taken from `budget`, which holds it then.
Rle polygon_mask(const std::vector<double>& corners, int height, int width,
                 MaskBudget* budget = nullptr);

// Pixels in any of the masks. Error::internal for none, and for masks of different sizes.
Rle union_of(std::vector<Rle> masks);
// The same of masks that `budget` holds: then it holds the result in their place.
Rle union_of(std::vector<Rle> masks, MaskBudget& budget);

// Pixels in both, and in either.
struct Overlap {
  std::int64_t both = 0, either = 0;
};
Overlap overlap(const Rle& a, const Rle& b);

}  // namespace ersatz::data
