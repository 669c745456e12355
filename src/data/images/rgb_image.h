// Pictures in memory, 8 bits per channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ersatz::data {

struct RgbImage {
  int width = 0, height = 0;         // px
  std::vector<std::uint8_t> pixels;  // [height, width, 3], rows first
};

struct GreyImage {
  int width = 0, height = 0;         // px
  std::vector<std::uint8_t> pixels;  // [height, width]
};

// Colours are not multiplied by alpha, which is 0 where nothing is and 255 where nothing shines
// through.
struct RgbaImage {
  int width = 0, height = 0;         // px
  std::vector<std::uint8_t> pixels;  // [height, width, 4], rows first; alpha last
};

// Error::internal when the sizes differ.
RgbaImage with_alpha(const RgbImage& colour, const GreyImage& alpha);

// The picture laid on white.
RgbImage on_white(const RgbaImage& image);

// Luma of ITU-R BT.601 in 16-bit fixed point, rounded: the same bytes as Pillow's convert("L").
GreyImage to_grey(const RgbImage& image);

}  // namespace ersatz::data
