#include "data/digits/pen_path.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace ersatz::data {
namespace {

constexpr int kStepsPerSpan = 5;
constexpr int kStepsPerCorner = 3;
constexpr float kPi = 3.14159265F;

struct Point {
  float x, y;
};

Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
Point operator*(float s, Point a) { return {s * a.x, s * a.y}; }

Point bent(Point p, const WriterStyle& style) {
  const float y = std::pow(std::max(p.y, 0.0F), style.balance) + std::min(p.y, 0.0F);
  const float from_middle = 2 * y - 1;
  const float bow = style.bend * (1 - from_middle * from_middle);
  const float x = style.aspect * p.x + style.slant * (0.5F - y) + bow;
  const float c = std::cos(style.rotation), s = std::sin(style.rotation);
  return {c * x + s * (y - 0.5F), c * (y - 0.5F) - s * x};
}

// A piece without corners: a Catmull-Rom spline (tension 1/2) through the points; its first point
// is not written when the path already ends there.
void append_spline(const std::vector<Point>& points, std::vector<Point>& path) {
  if (path.empty()) path.push_back(points.front());
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Point p1 = points[i], p2 = points[i + 1];
    const Point p0 = i > 0 ? points[i - 1] : p1;
    const Point p3 = i + 2 < points.size() ? points[i + 2] : p2;
    const bool straight = points.size() == 2;
    for (int step = 1; step <= kStepsPerSpan; ++step) {
      const float t = static_cast<float>(step) / kStepsPerSpan, t2 = t * t, t3 = t2 * t;
      if (straight) {
        path.push_back(p1 + t * (p2 - p1));
        continue;
      }
      const Point in = 0.5F * (p2 - p0), out = 0.5F * (p3 - p1);
      path.push_back((2 * t3 - 3 * t2 + 1) * p1 + (t3 - 2 * t2 + t) * in + (3 * t2 - 2 * t3) * p2 +
                     (t3 - t2) * out);
    }
  }
}

// Splits the stroke at its corners; a corner is rounded by a quadratic Bezier curve.
std::vector<Point> flatten(const std::vector<Point>& points, const SkeletonStroke& stroke,
                           float roundness) {
  std::vector<Point> path, piece;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool corner = stroke[i].corner && i > 0 && i + 1 < points.size();
    if (!corner) {
      piece.push_back(points[i]);
      continue;
    }
    const Point tip = points[i];
    const Point before = tip + roundness * (piece.back() - tip);
    const Point after = tip + roundness * (points[i + 1] - tip);
    piece.push_back(before);
    append_spline(piece, path);
    for (int step = 1; step <= kStepsPerCorner; ++step) {
      const float t = static_cast<float>(step) / kStepsPerCorner, u = 1 - t;
      path.push_back((u * u) * before + (2 * t * u) * tip + (t * t) * after);
    }
    piece.assign(1, after);
  }
  append_spline(piece, path);
  return path;
}

}  // namespace

std::vector<PenPath> write_skeleton(const Skeleton& skeleton, const WriterStyle& style,
                                    core::Stream& random) {
  std::vector<PenPath> written;
  written.reserve(skeleton.strokes.size());
  for (const SkeletonStroke& stroke : skeleton.strokes) {
    std::vector<Point> points;
    points.reserve(stroke.size());
    for (std::size_t i = 0; i < stroke.size(); ++i) {
      const bool end = i == 0 || i + 1 == stroke.size();
      const float jitter = style.shape_jitter + (end ? style.end_jitter : 0.0F);
      const float dx = jitter * random.normal(), dy = jitter * random.normal();
      points.push_back(bent({stroke[i].x + dx, stroke[i].y + dy}, style));
    }
    const std::vector<Point> path = flatten(points, stroke, style.corner_roundness);

    PenPath pen;
    pen.reserve(path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
      const Point along = path[std::min(i + 1, path.size() - 1)] - path[i > 0 ? i - 1 : 0];
      const float direction = std::atan2(along.y, along.x);
      const float progress = static_cast<float>(i) / static_cast<float>(path.size());
      const float pressure =
          1 + style.pressure_swing * std::sin(2 * kPi * progress + style.pressure_phase);
      const float nib = 1 + style.nib_contrast * std::cos(2 * (direction - style.nib_angle));
      pen.push_back({path[i].x + style.tremor * random.normal(),
                     path[i].y + style.tremor * random.normal(),
                     style.pen_radius * pressure * nib});
    }
    written.push_back(std::move(pen));
  }
  return written;
}

}  // namespace ersatz::data
