// A skeleton written by one writer: the polylines a pen follows, with its radius at every vertex.
#pragma once

#include <vector>

#include "core/philox.h"
#include "data/digits/digit_skeletons.h"
#include "data/digits/writer_style.h"

namespace ersatz::data {

struct PenVertex {
  float x, y;
  float radius;
};

using PenPath = std::vector<PenVertex>;

// One polyline per stroke, same units as the skeleton (height about 1, y down).
std::vector<PenPath> write_skeleton(const Skeleton& skeleton, const WriterStyle& style,
                                    core::Stream& random);

}  // namespace ersatz::data
