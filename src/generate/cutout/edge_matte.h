// How much of a thing each pixel along its edge holds, and in which colour.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "data/images/rgb_image.h"

namespace ersatz::generate {

// The photo with an alpha channel made from a binary mask (8-bit, 255 inside). Pixels up to two
// from the edge are taken as mixtures C = alpha F + (1 - alpha) B, where F is the mean colour of
// the surely inner pixels nearby, and B is `background`, or where that is not known the mean colour
// of the surely outer pixels nearby. alpha = (C - B)(F - B) / |F - B|^2, with a few per cent at
// both ends taken as noise; where F and B are too alike to tell, the mask's own edge, smoothed. A B
// that is only guessed may move alpha from that smooth edge by a quarter at most, and not at all
// where C is no mixture of the two.
// Their colour becomes F + alpha (C - alpha F - (1 - alpha) B): F, and of what the mixture leaves
// unexplained (texture, noise) the more, the more of the thing the pixel holds. Transparent pixels
// near the edge are given F, so that interpolation between them does no harm; the others are black.
data::RgbaImage edge_matte(const data::RgbImage& photo, const cv::Mat& mask,
                           const std::optional<cv::Vec3f>& background);

}  // namespace ersatz::generate
