// What stands on a white background.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "data/images/rgb_image.h"
#include "generate/cutout/cutout.h"

namespace ersatz::generate {

// The median of the bright pixels of the border (all channels at least 200), [R, G, B] in 0..255;
// nothing when less than a tenth of the border is bright.
std::optional<cv::Vec3f> white_background_colour(const data::RgbImage& photo);

// [height, width] 8-bit: 0 where pixels that count as background are connected, edge to edge, with
// the border of the photo, or anywhere with `inside_too`; 255 elsewhere.
cv::Mat white_mask(const data::RgbImage& photo, const cv::Vec3f& background,
                   const WhiteBackground& options, bool inside_too);

}  // namespace ersatz::generate
