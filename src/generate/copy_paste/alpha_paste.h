// Pasting with an alpha channel, to the bit as Pillow does it.
#pragma once

#include "data/images/rgb_image.h"

namespace ersatz::generate {

// Pastes `cut_out` with its top left corner at (x, y); what reaches beyond the canvas is cut off.
// Every channel becomes round((canvas * (255 - alpha) + cut_out * alpha) / 255), which is what
// Pillow's canvas.paste(cut_out, (x, y), mask=cut_out) computes (src/libImaging/Paste.c and
// ImagingUtils.h of Pillow: BLEND).
void alpha_paste(data::RgbImage& canvas, const data::RgbaImage& cut_out, int x, int y);

}  // namespace ersatz::generate
