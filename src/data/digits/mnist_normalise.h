// MNIST's normalisation of an ink image of any size.
#pragma once

#include <cstdint>

#include "data/digits/digit_frame.h"

namespace ersatz::data {

// Crops `ink` (8 bit, [height, width], 0 = background, 255 = ink) to its ink box, scales it by area
// averaging with its aspect ratio kept so that the longest side is 20 px, and places it with its
// centre of mass at (14,14): see digit_frame.h. `out` receives 28x28 bytes. An image without ink
// gives an empty one. Normalising a normalised image changes nothing.
//
// Where a pixel is touched by ink at all it is at least 1, so that the ink box of the result is
// exactly 20 px long.
void mnist_normalise(const std::uint8_t* ink, int height, int width, std::uint8_t* out);

}  // namespace ersatz::data
