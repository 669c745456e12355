#include "data/coco/polygon_mask.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "core/error.h"
#include "core/exit_code.h"

namespace ersatz::data {
namespace {

constexpr double kScale = 5;  // of the fine grid
// A few corners of a hostile file can ask for a crossing in every column for every edge.
constexpr std::size_t kMaxCrossings = std::size_t{1} << 22;

struct FinePoint {
  int x = 0, y = 0;
};

FinePoint fine_point(double x, double y) {
  // Towards zero after adding a half, as COCO's tools convert.
  return {static_cast<int>(kScale * x + 0.5), static_cast<int>(kScale * y + 0.5)};
}

// An edge as drawn on the fine grid: one point for each step along its longer direction, computed
// from the end with the smaller coordinate there, whichever way the edge runs. The points are not
// listed: an edge may leave the picture by a long way.
class FineEdge {
 public:
  FineEdge(FinePoint from, FinePoint to) : a_(from), b_(to) {
    const int dx = std::abs(b_.x - a_.x), dy = std::abs(b_.y - a_.y);
    flat_ = dx >= dy;
    if (flat_ ? a_.x > b_.x : a_.y > b_.y) std::swap(a_, b_);
    length_ = flat_ ? dx : dy;
    if (length_ > 0) slope_ = static_cast<double>(flat_ ? b_.y - a_.y : b_.x - a_.x) / length_;
  }

  int smallest_x() const { return std::min(point(0).x, point(length_).x); }
  int largest_x() const { return std::max(point(0).x, point(length_).x); }

  // The smaller y of the two points between which x goes from `x` to `x` + 1 or back;
  // smallest_x() <= x < largest_x().
  int row_at(int x) const {
    const int t = first_beyond(x);
    return std::min(point(t - 1).y, point(t).y);
  }

 private:
  // Point `t` of 0 to length_.
  FinePoint point(int t) const {
    if (flat_) return {a_.x + t, static_cast<int>(a_.y + slope_ * t + 0.5)};
    return {static_cast<int>(a_.x + slope_ * t + 0.5), a_.y + t};
  }

  // The first point on the other side of the line between `x` and `x` + 1. x never turns back.
  int first_beyond(int x) const {
    if (flat_) return x + 1 - a_.x;
    const bool right = slope_ > 0;
    int before = 0, beyond = length_;
    while (beyond - before > 1) {
      const int middle = before + (beyond - before) / 2;
      ((point(middle).x > x) == right ? beyond : before) = middle;
    }
    return beyond;
  }

  FinePoint a_, b_;
  bool flat_ = true;
  int length_ = 0;
  double slope_ = 0;
};

// Sorted, and those that are there an even number of times gone.
void cancel_pairs(std::vector<std::int64_t>& places) {
  std::sort(places.begin(), places.end());
  std::size_t kept = 0;
  for (const std::int64_t place : places) {
    if (kept > 0 && places[kept - 1] == place) {
      --kept;
    } else {
      places[kept++] = place;
    }
  }
  places.resize(kept);
}

// Where a polygon's edges cross the middle lines of pixel columns: places in column-major order at
// which the mask begins or ends.
class Crossings {
 public:
  Crossings(int height, int width) : height_(height), width_(width) {}

  void add(const FineEdge& edge) {
    // The middle of column c lies between 5 c + 2 and 5 c + 3.
    const int first = std::max(0, edge.smallest_x() + 2) / 5;
    const int last = std::min<int>(width_ - 1, (edge.largest_x() + 2) / 5 - 1);
    if (last >= first && places_.size() + static_cast<std::size_t>(last - first) >= kMaxCrossings) {
      throw core::Error(core::ExitCode::kUntrustedData,
                        fmt::format("a polygon that crosses columns of its picture more than {} "
                                    "times",
                                    kMaxCrossings));
    }
    for (int column = first; column <= last; ++column) {
      const double row = (edge.row_at(5 * column + 2) + 0.5) / kScale - 0.5;
      const double below = std::ceil(std::clamp(row, 0.0, static_cast<double>(height_)));
      places_.push_back(std::int64_t{column} * height_ + static_cast<std::int64_t>(below));
    }
  }

  std::size_t size() const { return places_.size(); }

  std::vector<std::int64_t> places() && {
    cancel_pairs(places_);
    return std::move(places_);
  }

 private:
  int height_, width_;
  std::vector<std::int64_t> places_;
};

void check(const std::vector<double>& corners) {
  bool fine = corners.size() >= 6 && corners.size() % 2 == 0;
  for (const double value : corners) fine = fine && std::abs(value) <= kMaxPolygonCoordinate;
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

Rle polygon_mask(const std::vector<double>& corners, int height, int width, MaskBudget* budget) {
  check(corners);
  Crossings crossings(height, width);
  const std::size_t count = corners.size() / 2;
  FinePoint before = fine_point(corners[0], corners[1]);
  for (std::size_t i = 1; i <= count; ++i) {
    const std::size_t at = 2 * (i % count);
    const FinePoint now = fine_point(corners[at], corners[at + 1]);
    crossings.add(FineEdge(before, now));
    before = now;
  }
  // Before they are sorted, where those that cancel disappear.
  if (budget != nullptr) budget->take(crossings.size(), corners.size());
  std::vector<std::int64_t> ends = std::move(crossings).places();
  const std::int64_t pixels = std::int64_t{height} * width;
  if (ends.empty() || ends.back() != pixels) ends.push_back(pixels);
  Rle mask{height, width, {}};
  mask.counts.reserve(ends.size());
  std::int64_t at = 0;
  for (const std::int64_t end : ends) {
    mask.counts.push_back(static_cast<std::uint32_t>(end - at));
    at = end;
  }
  if (budget != nullptr) budget->hold(mask.counts.size());
  return mask;
}

Rle union_of(std::vector<Rle> parts) {
  if (parts.empty()) throw core::Error::internal("the union of no masks");
  // In pairs, and pairs of pairs: one after the other, many small parts would each walk the whole.
  while (parts.size() > 1) {
    for (std::size_t i = 0; i < parts.size() / 2; ++i) {
      parts[i] = joined(parts[2 * i], parts[2 * i + 1]);
      // What has been joined is not needed again: many parts may be large together.
      parts[2 * i + 1] = Rle();
      if (i > 0) parts[2 * i] = Rle();
    }
    if (parts.size() % 2 == 1) parts[parts.size() / 2] = std::move(parts.back());
    parts.resize((parts.size() + 1) / 2);
  }
  return std::move(parts[0]);
}

Rle union_of(std::vector<Rle> parts, MaskBudget& budget) {
  std::size_t held = 0;
  for (const Rle& part : parts) held += part.counts.size();
  Rle mask = union_of(std::move(parts));
  budget.release(held);
  budget.hold(mask.counts.size());
  return mask;
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
