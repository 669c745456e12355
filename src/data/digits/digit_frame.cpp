#include "data/digits/digit_frame.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace ersatz::data {
namespace {

const std::uint8_t* row_of(const std::uint8_t* pixels, int row, int stride) {
  return pixels + static_cast<std::ptrdiff_t>(row) * stride;
}

}  // namespace

InkBox ink_box(const std::uint8_t* pixels, int height, int width, int stride) {
  int left = width, right = -1, top = height, bottom = -1;
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* row = row_of(pixels, y, stride);
    const std::uint8_t* end = row + width;
    const std::uint8_t* first = std::find_if(row, end, [](std::uint8_t p) { return p != 0; });
    if (first == end) continue;
    const std::uint8_t* last = end - 1;
    while (*last == 0) --last;
    left = std::min(left, static_cast<int>(first - row));
    right = std::max(right, static_cast<int>(last - row));
    top = std::min(top, y);
    bottom = y;
  }
  if (right < 0) return {};
  return {left, top, right - left + 1, bottom - top + 1};
}

void place_by_mass(const std::uint8_t* patch, int height, int width, int stride,
                   std::uint8_t* out) {
  std::fill(out, out + kDigitPixels, std::uint8_t{0});
  std::int64_t mass = 0, moment_x = 0, moment_y = 0;
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* row = row_of(patch, y, stride);
    std::int64_t row_mass = 0;
    for (int x = 0; x < width; ++x) {
      row_mass += row[x];
      moment_x += std::int64_t{row[x]} * x;
    }
    mass += row_mass;
    moment_y += row_mass * y;
  }
  if (mass == 0) return;
  const InkBox box = ink_box(patch, height, width, stride);
  // floor(d + 0.5) rather than lround: halves go one way, on both sides of zero.
  const auto shift = [mass](std::int64_t moment) {
    const double centre = static_cast<double>(moment) / static_cast<double>(mass);
    return static_cast<int>(std::floor(kDigitCentre - centre + 0.5));
  };
  const int dx = std::clamp(shift(moment_x), -box.left, kDigitSize - box.left - box.width);
  const int dy = std::clamp(shift(moment_y), -box.top, kDigitSize - box.top - box.height);
  for (int y = box.top; y < box.top + box.height; ++y) {
    const std::uint8_t* row = row_of(patch, y, stride);
    std::copy(row + box.left, row + box.left + box.width,
              out + (y + dy) * kDigitSize + box.left + dx);
  }
}

}  // namespace ersatz::data
