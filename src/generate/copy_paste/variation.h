// Changes to a cut-out before it is pasted, for sets in the style of synthetic-data guides (e.g.
// Roboflow, "How to Create a Synthetic Dataset for Computer Vision"): size, rotation, reflection,
// soft edges, colours. The paper's own sets use none of them.
#pragma once

#include "core/philox.h"
#include "data/images/rgb_image.h"

namespace ersatz::generate {

enum class ScaleReference {
  kNative,      // 1: the cut-out's own size in pixels
  kBackground,  // 1: the longer side is as long as the background's shorter side
};

// The ranges that variations are drawn from.
struct VariationRange {
  ScaleReference scale_of = ScaleReference::kNative;
  double scale_low = 0.5, scale_high = 1.5;  // 0 < low <= high <= 100; uniform
  double rotation = 180;                     // degrees, 0..180: uniform in [-rotation, rotation]
  double flip_horizontal = 0.5, flip_vertical = 0.5;  // probabilities
  double feather =
      1;  // px, standard deviation, 0..50: alpha falls off inwards over about two of it
  // Factors uniform in [1 - x, 1 + x]; x in [0, 1].
  double brightness = 0.2, contrast = 0.2, saturation = 0.2;
  double hue = 0.02;  // turns of the colour circle, 0..0.5: uniform in [-hue, hue]
};

// Error::usage naming the setting that is out of its range.
void require_valid(const VariationRange& range);

// One of them. The default changes nothing.
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
