#include "data/coco/polygon_mask.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/error.h"

namespace ersatz::data {
namespace {

constexpr double kScale = 5;  // of the fine grid
constexpr double kLargest = 1e8;

struct FinePoint {
  int x = 0, y = 0;
};

FinePoint fine_point(double x, double y) {
  // Towards zero after adding a half, as COCO's tools convert.
  return {static_cast<int>(kScale * x + 0.5), static_cast<int>(kScale * y + 0.5)};
}

// The points of the fine grid on the way from `a` to `b`, both included, in that order. Computed
// from the end with the smaller coordinate along the longer direction, whichever way the edge runs.
void draw_edge(FinePoint a, FinePoint b, std::vector<FinePoint>& points) {
  const int dx = std::abs(b.x - a.x), dy = std::abs(b.y - a.y);
  const bool flat = dx >= dy;
  const bool backwards = flat ? a.x > b.x : a.y > b.y;
  if (backwards) std::swap(a, b);
  const int length = flat ? dx : dy;
  const double slope = length == 0 ? 0 : static_cast<double>(flat ? b.y - a.y : b.x - a.x) / length;
  for (int d = 0; d <= length; ++d) {
    const int t = backwards ? length - d : d;
    if (flat) {
      points.push_back({a.x + t, static_cast<int>(a.y + slope * t + 0.5)});
    } else {
      points.push_back({static_cast<int>(a.x + slope * t + 0.5), a.y + t});
    }
  }
}

// Where the edge crosses the middle lines of pixel columns: positions in column-major order.
std::vector<std::int64_t> crossings(const std::vector<FinePoint>& points, int height, int width) {
  std::vector<std::int64_t> found;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const FinePoint &now = points[i], &before = points[i - 1];
    if (now.x == before.x) continue;
    const double column = ((now.x < before.x ? now.x : now.x - 1) + 0.5) / kScale - 0.5;
    if (std::floor(column) != column || column < 0 || column > width - 1) continue;
    const double row = (std::min(now.y, before.y) + 0.5) / kScale - 0.5;
    const double below = std::ceil(std::clamp(row, 0.0, static_cast<double>(height)));
    found.push_back(static_cast<std::int64_t>(column) * height + static_cast<std::int64_t>(below));
  }
  std::sort(found.begin(), found.end());
  return found;
}

void check(const std::vector<double>& corners) {
  bool fine = corners.size() >= 6 && corners.size() % 2 == 0;
  for (const double value : corners) fine = fine && std::abs(value) <= kLargest;
  if (!fine) {
    throw core::Error::internal(fmt::format("a polygon of {} coordinates", corners.size()));
  }
}

// Walks two masks run by run: visit(length, inside a, inside b).
template <typename Visit>
void walk(const Rle& a, const Rle& b, const Visit& visit) {
  if (a.height != b.height || a.width != b.width) {
    throw core::Error::internal(
        fmt::format("masks of {} x {} and {} x {}", a.height, a.width, b.height, b.width));
  }
  std::size_t i = 0, j = 0;
  std::uint32_t left_a = a.counts.empty() ? 0 : a.counts[0];
  std::uint32_t left_b = b.counts.empty() ? 0 : b.counts[0];
  while (true) {
    while (left_a == 0 && i + 1 < a.counts.size()) left_a = a.counts[++i];
    while (left_b == 0 && j + 1 < b.counts.size()) left_b = b.counts[++j];
    const std::uint32_t length = std::min(left_a, left_b);
    if (length == 0) return;
    visit(length, i % 2 == 1, j % 2 == 1);
    left_a -= length;
    left_b -= length;
  }
}

Rle joined(const Rle& a, const Rle& b) {
  Rle result{a.height, a.width, {0}};
  walk(a, b, [&](std::uint32_t length, bool in_a, bool in_b) {
    const bool inside = in_a || in_b;
    // Even places are outside.
    if ((result.counts.size() % 2 == 0) != inside) result.counts.push_back(0);
    result.counts.back() += length;
  });
  return result;
}

}  // namespace

Rle polygon_mask(const std::vector<double>& corners, int height, int width) {
  check(corners);
  std::vector<FinePoint> points;
  const std::size_t count = corners.size() / 2;
  FinePoint before = fine_point(corners[0], corners[1]);
  for (std::size_t i = 1; i <= count; ++i) {
    const std::size_t at = 2 * (i % count);
    const FinePoint now = fine_point(corners[at], corners[at + 1]);
    draw_edge(before, now, points);
    before = now;
  }
  std::vector<std::int64_t> ends = crossings(points, height, width);
  ends.push_back(static_cast<std::int64_t>(height) * width);
  Rle mask{height, width, {}};
  std::int64_t at = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto run = static_cast<std::uint32_t>(ends[i] - at);
    at = ends[i];
    if (run == 0 && i > 0) {
      // Two crossings at one place cancel each other: the run before goes on.
      if (++i == ends.size()) break;
      mask.counts.back() += static_cast<std::uint32_t>(ends[i] - at);
      at = ends[i];
    } else {
      mask.counts.push_back(run);
    }
  }
  return mask;
}

Rle union_of(const std::vector<Rle>& masks) {
  if (masks.empty()) throw core::Error::internal("the union of no masks");
  Rle all = masks[0];
  for (std::size_t i = 1; i < masks.size(); ++i) all = joined(all, masks[i]);
  return all;
}

Overlap overlap(const Rle& a, const Rle& b) {
  Overlap result;
  walk(a, b, [&](std::uint32_t length, bool in_a, bool in_b) {
    if (in_a && in_b) result.both += length;
    if (in_a || in_b) result.either += length;
  });
  return result;
}

}  // namespace ersatz::data
