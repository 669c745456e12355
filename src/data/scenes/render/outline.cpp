#include "data/scenes/render/outline.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace ersatz::data::scenes {
namespace {

float signed_area(const std::vector<Point2>& outline) {
  float sum = 0;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const Point2 a = outline[i], b = outline[(i + 1) % outline.size()];
    sum += a.x * b.y - b.x * a.y;
  }
  return 0.5F * sum;
}

// Drops points that repeat their predecessor, which the triangulation could not use.
void drop_repeats(std::vector<Point2>& points) {
  const auto same = [](Point2 a, Point2 b) { return std::hypot(a.x - b.x, a.y - b.y) < 1e-3F; };
  points.erase(std::unique(points.begin(), points.end(), same), points.end());
  while (points.size() > 1 && same(points.front(), points.back())) points.pop_back();
}

Point2 spline(const OutlinePoint& a, const OutlinePoint& b, const OutlinePoint& c,
              const OutlinePoint& d, float t) {
  const auto at = [t](float p, float q, float r, float s) {
    return 0.5F * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t +
                   (3 * q - p - 3 * r + s) * t * t * t);
  };
  return {at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)};
}

}  // namespace

std::vector<Point2> curve(const std::vector<OutlinePoint>& points, int steps) {
  std::vector<Point2> result;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const OutlinePoint &b = points[i], &c = points[i + 1];
    // Beyond a corner or an end the curve goes straight on.
    const OutlinePoint a = i == 0 || b.corner ? b : points[i - 1];
    const OutlinePoint d = i + 2 >= points.size() || c.corner ? c : points[i + 2];
    const int pieces = b.corner && c.corner ? 1 : steps;
    for (int k = 0; k < pieces; ++k) {
      result.push_back(spline(a, b, c, d, static_cast<float>(k) / static_cast<float>(pieces)));
    }
  }
  result.push_back({points.back().x, points.back().y});
  return result;
}

std::vector<Point2> mirrored_outline(const std::vector<OutlinePoint>& right_half, int steps) {
  std::vector<Point2> outline = curve(right_half, steps);
  for (std::size_t i = outline.size(); i-- > 0;) {
    if (std::abs(outline[i].x) > 1e-3F) outline.push_back({-outline[i].x, outline[i].y});
  }
  drop_repeats(outline);
  // From the top over the right side is clockwise.
  std::reverse(outline.begin(), outline.end());
  return outline;
}

std::vector<Point2> closed_outline(std::vector<OutlinePoint> points, int steps) {
  // Three points more on each side, so that the curve is smooth across the seam.
  const std::size_t n = points.size();
  std::vector<OutlinePoint> around;
  for (std::size_t i = 0; i < n + 4; ++i) around.push_back(points[(i + n - 2) % n]);
  std::vector<Point2> outline;
  for (std::size_t i = 2; i < n + 2; ++i) {
    const OutlinePoint &b = around[i], &c = around[i + 1];
    const OutlinePoint a = b.corner ? b : around[i - 1];
    const OutlinePoint d = c.corner ? c : (i + 2 < around.size() ? around[i + 2] : points[2 % n]);
    const int pieces = b.corner && c.corner ? 1 : steps;
    for (int k = 0; k < pieces; ++k) {
      outline.push_back(spline(a, b, c, d, static_cast<float>(k) / static_cast<float>(pieces)));
    }
  }
  drop_repeats(outline);
  if (signed_area(outline) < 0) std::reverse(outline.begin(), outline.end());
  return outline;
}

std::vector<Point2> band(const std::vector<Point2>& along, float width) {
  std::vector<Point2> left, right;
  for (std::size_t i = 0; i < along.size(); ++i) {
    const Point2 a = along[i == 0 ? 0 : i - 1], b = along[std::min(i + 1, along.size() - 1)];
    const float length = std::max(1e-4F, std::hypot(b.x - a.x, b.y - a.y));
    const float nx = -(b.y - a.y) / length * 0.5F * width, ny = (b.x - a.x) / length * 0.5F * width;
    left.push_back({along[i].x + nx, along[i].y + ny});
    right.push_back({along[i].x - nx, along[i].y - ny});
  }
  right.insert(right.end(), left.rbegin(), left.rend());
  return right;
}

std::vector<Point2> ellipse(Point2 centre, float radius_x, float radius_y, int corners) {
  std::vector<Point2> outline;
  for (int i = 0; i < corners; ++i) {
    const float angle = 2 * kPi * static_cast<float>(i) / static_cast<float>(corners);
    outline.push_back(
        {centre.x + radius_x * std::cos(angle), centre.y + radius_y * std::sin(angle)});
  }
  return outline;
}

std::vector<Point2> rectangle(Point2 low, Point2 high) {
  return {low, {high.x, low.y}, high, {low.x, high.y}};
}

std::vector<Point2> mirrored(std::vector<Point2> outline) {
  for (Point2& p : outline) p.x = -p.x;
  std::reverse(outline.begin(), outline.end());
  return outline;
}

}  // namespace ersatz::data::scenes
