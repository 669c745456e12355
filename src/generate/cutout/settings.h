// The settings with which cut-outs are made (cutout.h). No OpenCV: the `ersatz` command reads them.
#pragma once

#include <variant>

#include "data/pixel_box.h"

namespace ersatz::generate {

// For photographs on white, such as those of Fruits-360 (Muresan and Oltean 2018).
struct WhiteBackground {
  // How far a pixel may be from the background's colour (the median of the bright pixels of the
  // border), in the channel that differs most, 1..128; mind the noise of JPEG around edges.
  int tolerance = 24;
  // Also background: pixels without colour (channels within `tolerance` of each other) that are up
  // to so much darker, 0..255. Takes soft grey shadows away, but grey parts of the thing, too.
  int shadow = 0;
};

enum class BoxShape {
  kBox,      // everything in the box may be the thing
  kEllipse,  // its corners are not, its middle is: for round things, above all among their like
};

// GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004; OpenCV's implementation) from a box around
// the thing. What is outside of the box is background.
struct GrabCut {
  data::PixelBox box;  // inside the photo
  BoxShape shape = BoxShape::kBox;
  int iterations = 5;  // 1..50
};

struct CutoutOptions {
  std::variant<WhiteBackground, GrabCut> method;
  int open = 0;             // px, 0..50: parts thinner than twice this are taken off (stalks, pins)
  bool keep_holes = false;  // what shines through inside stays transparent
  double feather = 0;       // px, 0..50: softens the edge inwards (variation.h)
};

// Error::usage naming the setting that is out of its range. The box is checked with the photo.
void require_valid(const CutoutOptions& options);

}  // namespace ersatz::generate
