// Rotation and flips of square photos without interpolation, as Pillow does them.
#pragma once

#include <cstdint>

namespace ersatz::data {

struct Orientation {
  double degrees = 0;                                   // counter-clockwise, about the centre
  bool horizontal_flip = false, vertical_flip = false;  // after the rotation
};

// Turns `in`, uint8 [side, side, 3], into `out`, which must not overlap it. Nearest pixel, black
// where there is none, in the 16.16 fixed point of Pillow 9 (Image.rotate with NEAREST;
// libImaging/Geometry.c, affine_fixed): the same bytes. side <= 16384.
void rotate_nearest(const Orientation& orientation, int side, const std::uint8_t* in,
                    std::uint8_t* out);

}  // namespace ersatz::data
