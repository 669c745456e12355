// Pictures with the objects found in them: boxes, masks, captions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "data/coco/coco_reader.h"
#include "data/images/rgb_image.h"

namespace ersatz::report {

struct DrawnObject {
  data::CocoBox box;              // px
  std::optional<data::Rle> mask;  // of the picture's size
  std::string caption;            // ASCII; others become '?'
  std::size_t colour = 0;         // equal numbers, equal colours
};

// A copy with the masks tinted, then the boxes and captions, the last object on top. Lines and
// letters grow with the picture. Same input and OpenCV version, same pixels.
data::RgbImage draw_objects(const data::RgbImage& picture, const std::vector<DrawnObject>& objects);

}  // namespace ersatz::report
