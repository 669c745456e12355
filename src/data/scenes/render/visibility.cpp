#include "data/scenes/render/visibility.h"

#include "data/scenes/render/vector_clones.h"

namespace ersatz::data::scenes {
namespace {

constexpr PixelSamples kNothing{Lanes{0, 0, 0, 0}, LaneMask{-1, -1, -1, -1}};

// Twice the area of a projected triangle; positive when the front is seen (y points down).
float signed_area(Vec3 a, Vec3 b, Vec3 c) {
  return (c.x - a.x) * (b.y - a.y) - (b.x - a.x) * (c.y - a.y);
}

// offset + x * kSampleX + y * kSampleY for the four points.
Lanes at_samples(float dx, float dy) {
  return Lanes{dx * kSampleX[0] + dy * kSampleY[0], dx * kSampleX[1] + dy * kSampleY[1],
               dx * kSampleX[2] + dy * kSampleY[2], dx * kSampleX[3] + dy * kSampleY[3]};
}

// A function that is linear over the picture.
struct Plane {
  float dx, dy, origin;
};

Plane edge(Vec3 from, Vec3 to) {
  const float dx = to.y - from.y, dy = from.x - to.x;
  return {dx, dy, -(dx * from.x + dy * from.y)};
}

// Up to this width of a range its rows are not worth narrowing: clip_span(), which leaves pixels
// beside the edge, would take only pixels away that no point of the triangle touches.
constexpr int kNarrow = 3;

// Narrows the pixels [x0, x1) of a row to those that may have a point on the inner side.
void clip_span(const Plane& plane, float y, int& x0, int& x1) {
  if (plane.dx == 0) return;
  // The edge crosses the row between its upper and its lower border; one pixel more for rounding.
  const float upper = -(plane.origin + plane.dy * y) / plane.dx;
  const float lower = upper - plane.dy / plane.dx;
  if (plane.dx > 0) {
    const float from = std::min(upper, lower) - 2;
    if (from > static_cast<float>(x0))
      x0 = static_cast<int>(std::min(from, static_cast<float>(x1)));
  } else {
    const float to = std::max(upper, lower) + 2;
    if (to < static_cast<float>(x1)) x1 = static_cast<int>(std::max(to, static_cast<float>(x0)));
  }
}

}  // namespace

void PixelRange::include(const PixelRange& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = other;
    return;
  }
  x0 = std::min(x0, other.x0);
  y0 = std::min(y0, other.y0);
  x1 = std::max(x1, other.x1);
  y1 = std::max(y1, other.y1);
}

VisibilityBuffer::VisibilityBuffer(int width, int height)
    : width_(width),
      height_(height),
      pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), kNothing) {}

void VisibilityBuffer::clear(const PixelRange& range) {
  for (int y = range.y0; y < range.y1; ++y) {
    std::fill_n(&at(range.x0, y), range.x1 - range.x0, kNothing);
  }
}

ERSATZ_VECTOR_CLONES
PixelRange VisibilityBuffer::reach(Vec3 a, Vec3 b, Vec3 c, bool two_sided) const {
  if (a.z <= 0 || b.z <= 0 || c.z <= 0) return {};
  const float area = signed_area(a, b, c);
  if (area == 0 || (area < 0 && !two_sided)) return {};
  // Clamped before the conversion, which is undefined for floats beyond the range of int.
  const auto pixel = [](float at, int side) {
    return static_cast<int>(std::min(static_cast<float>(side), std::max(0.0F, at)));
  };
  PixelRange range;
  range.x0 = pixel(std::min({a.x, b.x, c.x}), width_);
  range.y0 = pixel(std::min({a.y, b.y, c.y}), height_);
  range.x1 = std::min(width_, pixel(std::max({a.x, b.x, c.x}), width_) + 1);
  range.y1 = std::min(height_, pixel(std::max({a.y, b.y, c.y}), height_) + 1);
  if (std::max({a.x, b.x, c.x}) < 0 || std::max({a.y, b.y, c.y}) < 0) return {};
  return range;
}

ERSATZ_VECTOR_CLONES
void VisibilityBuffer::draw(Vec3 a, Vec3 b, Vec3 c, std::uint32_t triangle,
                            const PixelRange& range) {
  if (range.empty()) return;
  float area = signed_area(a, b, c);
  if (area < 0) {
    std::swap(b, c);
    area = -area;
  }
  const Plane edges[3] = {edge(b, c), edge(c, a), edge(a, b)};
  Plane nearness{0, 0, 0};
  const float corners[3] = {a.z / area, b.z / area, c.z / area};
  for (int i = 0; i < 3; ++i) {
    nearness.dx += corners[i] * edges[i].dx;
    nearness.dy += corners[i] * edges[i].dy;
  }
  // Measured from a corner: from the far origin, rounding would show on small triangles.
  nearness.origin = a.z - nearness.dx * a.x - nearness.dy * a.y;
  const auto start = [&](const Plane& plane, float x, float y) {
    const float here = plane.origin + plane.dx * x + plane.dy * y;
    return Lanes{here, here, here, here} + at_samples(plane.dx, plane.dy);
  };
  const auto step = [](float by) { return Lanes{by, by, by, by}; };
  const Lanes step0 = step(edges[0].dx), step1 = step(edges[1].dx), step2 = step(edges[2].dx);
  const Lanes step_near = step(nearness.dx);
  const auto id = static_cast<std::int32_t>(triangle);
  const LaneMask ids{id, id, id, id};
  const bool narrow = range.x1 - range.x0 <= kNarrow;
  for (int y = range.y0; y < range.y1; ++y) {
    const auto fy = static_cast<float>(y);
    int x0 = range.x0, x1 = range.x1;
    if (!narrow) {
      for (const Plane& plane : edges) clip_span(plane, fy, x0, x1);
    }
    const auto fx = static_cast<float>(x0);
    Lanes e0 = start(edges[0], fx, fy), e1 = start(edges[1], fx, fy), e2 = start(edges[2], fx, fy);
    Lanes near = start(nearness, fx, fy);
    PixelSamples* pixel = &at(std::min(x0, width_ - 1), y);
    for (int x = x0; x < x1; ++x, ++pixel) {
      const LaneMask inside = (e0 >= 0) & (e1 >= 0) & (e2 >= 0);
      const LaneMask seen = inside & (near > pixel->nearness);
      pixel->nearness = seen ? near : pixel->nearness;
      pixel->triangle = seen ? ids : pixel->triangle;
      e0 += step0;
      e1 += step1;
      e2 += step2;
      near += step_near;
    }
  }
}

ERSATZ_VECTOR_CLONES
void VisibilityBuffer::merge(const VisibilityBuffer& other, const PixelRange& range) {
  for (int y = range.y0; y < range.y1; ++y) {
    const PixelSamples* from = &other.at(range.x0, y);
    PixelSamples* to = &at(range.x0, y);
    for (int x = range.x0; x < range.x1; ++x, ++from, ++to) {
      const LaneMask nearer = from->nearness > to->nearness;
      to->nearness = nearer ? from->nearness : to->nearness;
      to->triangle = nearer ? from->triangle : to->triangle;
    }
  }
}

}  // namespace ersatz::data::scenes
