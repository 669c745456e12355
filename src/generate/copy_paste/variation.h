// Changes to a cut-out before it is pasted, for sets in the style of synthetic-data guides (e.g.
// Roboflow, "How to Create a Synthetic Dataset for Computer Vision"): size, rotation, reflection,
// soft edges, colours. The paper's own sets use none of them.
#pragma once

#include "core/philox.h"
#include "data/images/rgb_image.h"
#include "generate/copy_paste/settings.h"

namespace ersatz::generate {

// One variation. The default changes nothing.
struct Variation {
  double scale = 1;     // of the native size
  double rotation = 0;  // degrees, counter-clockwise
  bool flip_horizontal = false, flip_vertical = false;
  double feather = 0;
  double brightness = 1, contrast = 1, saturation = 1;
  double hue = 0;
};

Variation draw_variation(const VariationRange& range, const data::RgbaImage& cut_out,
                         int background_width, int background_height, core::Stream& stream);

// The changed cut-out, cropped to what is not wholly transparent; empty (0 x 0) when nothing is
// left. Order: reflection, scale and rotation (areas are averaged when it becomes smaller),
// feather, brightness, contrast, saturation, hue (the last four as in torchvision's ColorJitter,
// contrast against the mean of the visible pixels). Colours are interpolated multiplied by alpha,
// so those of transparent pixels do not matter.
data::RgbaImage varied(const data::RgbaImage& cut_out, const Variation& variation);

}  // namespace ersatz::generate
