// The frame every digit image shares with MNIST: 28x28, ink 20 px long, centre of mass at (14,14).
//
// Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998, III.A: the
// digit is fitted into 20x20 and translated so that its centre of mass is at the centre of 28x28.
// In the published files the centre is (14,14) with pixel centres at whole numbers (pixel (0,0)
// covers [-0.5,0.5)), reached within 0.5 px because the translation is whole pixels.
#pragma once

#include <cstdint>

namespace ersatz::data {

inline constexpr int kDigitSize = 28;    // px, side of the image
inline constexpr int kDigitExtent = 20;  // px, longest side of the ink box
inline constexpr double kDigitCentre = 14.0;
inline constexpr int kDigitPixels = kDigitSize * kDigitSize;

// Ink box of an 8-bit image: the smallest rectangle with every non-zero pixel.
struct InkBox {
  int left = 0, top = 0, width = 0, height = 0;
  bool empty() const { return width == 0; }
};
InkBox ink_box(const std::uint8_t* pixels, int height, int width, int stride);

// Copies a patch of at most 28x28 (rows `stride` bytes apart) into the 28x28 image `out`, moved by
// whole pixels so that its centre of mass is nearest to (14,14). Ink never leaves the image: where
// that would happen (a very lopsided patch) the move stops at the edge. An empty patch gives an
// empty image.
void place_by_mass(const std::uint8_t* patch, int height, int width, int stride, std::uint8_t* out);

}  // namespace ersatz::data
