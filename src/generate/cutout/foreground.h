// The one thing in a photograph on a white ground, everything else taken away: what the clothing
// article proposes as a better preparation of its pictures.
#pragma once

#include "data/images/rgb_image.h"
#include "generate/cutout/settings.h"

namespace ersatz::generate {

struct Foreground {
  data::RgbImage picture;  // as large as the photo
  bool found = false;      // false: no cut-out could be made, the picture is the photo itself
};

// GrabCut from a box in the middle of the photo that is `box_share` (in (0, 1]) of its sides, then
// as make_cutout. A photo that is too small for a box of 3 px stays as it is. Error::usage for
// options out of range.
Foreground foreground_on_white(const data::RgbImage& photo, double box_share, BoxShape shape,
                               int iterations);

}  // namespace ersatz::generate
