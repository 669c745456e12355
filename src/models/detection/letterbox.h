// Pictures of any shape as inputs of a detector: scaled with their proportions and padded with grey
// on all sides (Ultralytics' LetterBox).
#pragma once

#include <cstdint>

#include "data/coco/coco_reader.h"
#include "data/images/rgb_image.h"

namespace ersatz::models {

struct LetterboxOptions {
  int size = 640;        // px, of the longer side; a multiple of `stride`
  int stride = 32;       // px
  bool rect = true;      // pad to multiples of the stride only; false: to a square
  bool scale_up = true;  // enlarge smaller pictures, too
};

// Where a picture lies in its input.
struct Letterbox {
  int source_width = 0, source_height = 0;
  int width = 0, height = 0;              // of the input
  int inner_width = 0, inner_height = 0;  // of the picture in it
  int left = 0, top = 0;
  double gain = 1;  // of the scaling, before rounding
};

// Error::usage for a size that is no positive multiple of the stride; Error::internal for a picture
// without pixels. Half a pixel of padding goes right and below.
Letterbox plan_letterbox(int width, int height, const LetterboxOptions& options);

// The input: bilinear as OpenCV's INTER_LINEAR, padding 114.
data::RgbImage letterbox_image(const data::RgbImage& picture, const Letterbox& letterbox);

// Corners in px of the input as a box in px of the picture, cut off at its edges.
data::CocoBox box_in_picture(double x0, double y0, double x1, double y1,
                             const Letterbox& letterbox);

}  // namespace ersatz::models
