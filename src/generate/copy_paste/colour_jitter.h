// Brightness, contrast, saturation and hue of a cut-out.
#pragma once

#include "data/images/rgb_image.h"

namespace ersatz::generate {

// In this order, rounding to 8 bits after each, as torchvision's adjust_brightness,
// adjust_contrast, adjust_saturation and adjust_hue do on 8-bit pictures; contrast is against the
// mean luma of the pixels that are not transparent. Factors >= 0, 1 changes nothing; `hue` in
// turns, -0.5..0.5.
void jitter_colours(data::RgbaImage& image, double brightness, double contrast, double saturation,
                    double hue);

}  // namespace ersatz::generate
