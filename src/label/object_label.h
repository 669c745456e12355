// A labelled object in a picture, and how its label came about.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/coco/rle.h"
#include "data/pixel_box.h"

namespace ersatz::label {

struct PolygonPoint {
  int x = 0, y = 0;  // px, the middle of a pixel
  bool operator==(const PolygonPoint& other) const { return x == other.x && y == other.y; }
};

// Where a label comes from.
struct LabelOrigin {
  std::string method;        // "attention/published", "attention/fixed", "segmenter/<weights>"
  std::string word;          // of the prompt, for attention
  double threshold = 0;      // level of the heat map (0..255) above which a pixel is the object's
  std::int64_t contour = 0;  // number of the part among those found, largest first
};

struct ObjectLabel {
  std::int64_t class_index = 0;       // of the dataset's classes
  double score = 0;                   // in [0, 1]
  data::PixelBox box;                 // of the mask, tight
  std::vector<PolygonPoint> polygon;  // the outer contour, three points or more
  data::Rle mask;                     // of the picture's size
  LabelOrigin origin;
};

}  // namespace ersatz::label
