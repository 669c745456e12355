#include "generate/copy_paste/alpha_paste.h"

#include <algorithm>
#include <cstdint>

namespace ersatz::generate {
namespace {

// value / 255, rounded to nearest, for 0 <= value <= 255 * 255 (a tie cannot occur: 255 is odd).
std::uint8_t divide_by_255(unsigned value) {
  const unsigned sum = value + 128;
  return static_cast<std::uint8_t>(((sum >> 8) + sum) >> 8);
}

void paste_row(std::uint8_t* canvas, const std::uint8_t* cut_out, int width) {
  for (int i = 0; i < width; ++i, canvas += 3, cut_out += 4) {
    const unsigned alpha = cut_out[3];
    if (alpha == 0) continue;  // most pixels are wholly in or out: the formula's values without it
    if (alpha == 255) {
      std::copy_n(cut_out, 3, canvas);
      continue;
    }
    for (int c = 0; c < 3; ++c) {
      canvas[c] = divide_by_255(canvas[c] * (255 - alpha) + cut_out[c] * alpha);
    }
  }
}

}  // namespace

void alpha_paste(data::RgbImage& canvas, const data::RgbaImage& cut_out, int x, int y) {
  const int left = std::max(x, 0), right = std::min(x + cut_out.width, canvas.width);
  const int top = std::max(y, 0), bottom = std::min(y + cut_out.height, canvas.height);
  if (left >= right) return;
  for (int row = top; row < bottom; ++row) {
    const std::ptrdiff_t to = std::ptrdiff_t{row} * canvas.width + left;
    const std::ptrdiff_t from = std::ptrdiff_t{row - y} * cut_out.width + (left - x);
    paste_row(canvas.pixels.data() + 3 * to, cut_out.pixels.data() + 4 * from, right - left);
  }
}

}  // namespace ersatz::generate
