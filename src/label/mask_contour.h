// The outline by which a mask is drawn.
#pragma once

#include <vector>

#include "data/coco/rle.h"
#include "label/object_label.h"

namespace ersatz::label {

// Outer contour of the largest part (by its contour's area); empty when no part has three points.
std::vector<PolygonPoint> largest_contour(const data::Rle& mask);

}  // namespace ersatz::label
