// Where a cut-out goes: at random, without touching what is there already.
#pragma once

#include <optional>
#include <vector>

#include "core/philox.h"
#include "data/pixel_box.h"

namespace ersatz::generate {

// Tries per cut-out until it is given up, as in the paper's code.
inline constexpr int kMaxTries = 1000;

// Whether the closed rectangles have a point in common: touching edges or corners count.
bool boxes_meet(const data::PixelBox& a, const data::PixelBox& b);

// Draws places for a cut-out of width x height in a picture until one meets none of `taken`:
// x uniform in 0..max(0, picture_width - width), y likewise. So it lies wholly inside when it fits;
// one that is larger begins at 0 and is cut off at the far edge. Nothing after kMaxTries.
std::optional<data::PixelBox> place(int width, int height, int picture_width, int picture_height,
                                    const std::vector<data::PixelBox>& taken, core::Stream& stream);

}  // namespace ersatz::generate
