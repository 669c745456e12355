// Makes cut-outs for copy-paste from photographs: finds the one thing in a photo and gives it a
// transparent surrounding.
//
// Steps: a mask (white background flooded from the border, or GrabCut from a box); the largest
// connected part of it, without holes; an alpha for the pixels along its edge that says how much of
// the thing each holds, with the background's colour taken out of them (edge_matte.h): without
// that, cut-outs carry a halo of the background they were photographed on; cropped to what is
// visible.
#pragma once

#include <optional>
#include <string>

#include "data/images/rgb_image.h"
#include "data/pixel_box.h"
#include "generate/cutout/settings.h"

namespace ersatz::generate {

struct Cutout {
  data::RgbaImage image;
  data::PixelBox box;  // where it was in the photo
};

// A cut-out, or why there is none, in words: "the border is not white". Same photo and options,
// same pixels. Throws Error::usage for options out of range and a box that is not inside the photo.
struct CutoutResult {
  std::optional<Cutout> cutout;
  std::string failure;
};
CutoutResult make_cutout(const data::RgbImage& photo, const CutoutOptions& options);

}  // namespace ersatz::generate
