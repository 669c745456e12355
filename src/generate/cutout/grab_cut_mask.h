// What is in a box of a photo, by GrabCut.
#pragma once

#include <opencv2/core.hpp>

#include "data/images/rgb_image.h"
#include "generate/cutout/cutout.h"

namespace ersatz::generate {

// [height, width] 8-bit: 255 on the thing in the box (which lies inside the photo), 0 elsewhere.
// The colours of the background are learned from what surrounds the box up to half its size.
cv::Mat grab_cut_mask(const data::RgbImage& photo, const GrabCut& options);

}  // namespace ersatz::generate
