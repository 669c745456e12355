// Making one thing of a mask: 8-bit, 255 inside, 0 outside.
#pragma once

#include <opencv2/core.hpp>

namespace ersatz::generate {

// Morphological opening with a disc of this radius; 0 changes nothing.
cv::Mat opened(const cv::Mat& mask, int radius);

// The largest part connected over edges; of equal ones the first in reading order.
cv::Mat largest_part(const cv::Mat& mask);

// With everything inside that is not connected, over edges, with the border of the picture.
cv::Mat without_holes(const cv::Mat& mask);

}  // namespace ersatz::generate
