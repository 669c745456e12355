#include "data/digits/pen_raster.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace ersatz::data {

InkCanvas::InkCanvas(int size)
    : size_(size), pixels_(static_cast<std::size_t>(size) * static_cast<std::size_t>(size)) {}

void InkCanvas::draw(const std::vector<PenPath>& paths, int extent) {
  std::fill(pixels_.begin(), pixels_.end(), std::uint8_t{0});
  constexpr float kFar = std::numeric_limits<float>::max();
  float left = kFar, right = -kFar, top = kFar, bottom = -kFar;
  for (const PenPath& path : paths) {
    for (const PenVertex& v : path) {
      left = std::min(left, v.x - v.radius);
      right = std::max(right, v.x + v.radius);
      top = std::min(top, v.y - v.radius);
      bottom = std::max(bottom, v.y + v.radius);
    }
  }
  if (!(right > left)) return;
  const float scale = static_cast<float>(extent) / std::max(right - left, bottom - top);
  // One pixel of margin: the anti-aliased rim may reach half a pixel beyond the box.
  const auto on_canvas = [&](const PenVertex& v) {
    return PenVertex{1 + scale * (v.x - left), 1 + scale * (v.y - top), scale * v.radius};
  };
  for (const PenPath& path : paths) {
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      draw_segment(on_canvas(path[i]), on_canvas(path[i + 1]));
    }
  }
}

// Ink covers a pixel as far as its centre is inside the line: coverage = radius - distance + 1/2,
// with the radius interpolated along the segment.
void InkCanvas::draw_segment(const PenVertex& from, const PenVertex& to) {
  const float reach = std::max(from.radius, to.radius) + 0.5F;
  const auto pixel = [this](float v) { return std::clamp(static_cast<int>(v), 0, size_ - 1); };
  const int x0 = pixel(std::min(from.x, to.x) - reach), x1 = pixel(std::max(from.x, to.x) + reach);
  const int y0 = pixel(std::min(from.y, to.y) - reach), y1 = pixel(std::max(from.y, to.y) + reach);
  const float dx = to.x - from.x, dy = to.y - from.y;
  const float length2 = dx * dx + dy * dy;
  const float inverse = length2 > 0 ? 1 / length2 : 0.0F;
  const float growth = to.radius - from.radius;
  for (int y = y0; y <= y1; ++y) {
    const float py = static_cast<float>(y) + 0.5F - from.y;
    std::uint8_t* row = pixels_.data() + static_cast<std::ptrdiff_t>(y) * size_;
    for (int x = x0; x <= x1; ++x) {
      const float px = static_cast<float>(x) + 0.5F - from.x;
      const float t = std::min(1.0F, std::max(0.0F, (px * dx + py * dy) * inverse));
      const float ex = px - t * dx, ey = py - t * dy;
      const float inside = from.radius + t * growth + 0.5F - std::sqrt(ex * ex + ey * ey);
      const float ink = 255 * std::min(1.0F, std::max(0.0F, inside));
      row[x] = std::max(row[x], static_cast<std::uint8_t>(ink));
    }
  }
}

}  // namespace ersatz::data
