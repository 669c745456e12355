#include "data/coco/polygon_mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "core/file_system.h"
#include "core/json.h"
#include "core/philox.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::Json;

// The same mask by listing every point of the fine grid on the polygon's edge, as COCO's tools do.
Rle mask_of_listed_points(const std::vector<double>& corners, int height, int width) {
  struct Point {
    int x, y;
  };
  std::vector<Point> points;
  const auto corner = [&](std::size_t i) {
    const std::size_t at = 2 * i % corners.size();
    return Point{static_cast<int>(5 * corners[at] + 0.5),
                 static_cast<int>(5 * corners[at + 1] + 0.5)};
  };
  for (std::size_t i = 0; i < corners.size() / 2; ++i) {
    Point a = corner(i), b = corner(i + 1);
    const int dx = std::abs(b.x - a.x), dy = std::abs(b.y - a.y), length = std::max(dx, dy);
    const bool flat = dx >= dy, backwards = flat ? a.x > b.x : a.y > b.y;
    if (backwards) std::swap(a, b);
    const double slope =
        length == 0 ? 0 : static_cast<double>(flat ? b.y - a.y : b.x - a.x) / length;
    for (int d = 0; d <= length; ++d) {
      const int t = backwards ? length - d : d;
      if (flat) {
        points.push_back({a.x + t, static_cast<int>(a.y + slope * t + 0.5)});
      } else {
        points.push_back({static_cast<int>(a.x + slope * t + 0.5), a.y + t});
      }
    }
  }
  std::vector<char> turns(static_cast<std::size_t>(height * width) + 1, 0);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Point &now = points[i], &before = points[i - 1];
    if (now.x == before.x) continue;
    const double column = ((now.x < before.x ? now.x : now.x - 1) + 0.5) / 5 - 0.5;
    if (std::floor(column) != column || column < 0 || column > width - 1) continue;
    const double row = (std::min(now.y, before.y) + 0.5) / 5 - 0.5;
    const auto below = static_cast<int>(std::ceil(std::clamp(row, 0.0, 1.0 * height)));
    turns[static_cast<std::size_t>(static_cast<int>(column) * height + below)] ^= 1;
  }
  Rle mask{height, width, {0}};
  char inside = 0;
  for (std::size_t i = 0; i + 1 < turns.size(); ++i) {
    if (turns[i] != 0) {
      inside ^= 1;
      mask.counts.push_back(0);
    }
    ++mask.counts.back();
  }
  return mask;
}

TEST(PolygonMask, EqualsCocosTools) {
  ERSATZ_REQUIRE_SHARED(file, "fixtures/coco/mask_api.json");
  const Json polygons = core::read_json(file).at("polygons");
  ASSERT_GT(polygons.size(), 10U);
  for (const Json& one : polygons) {
    const int height = one.at("size")[0], width = one.at("size")[1];
    const Rle mask = polygon_mask(one.at("polygon").get<std::vector<double>>(), height, width);
    EXPECT_EQ(rle_text(mask), one.at("counts").get<std::string>()) << one.at("polygon");
    EXPECT_EQ(rle_area(mask), one.at("area").get<std::int64_t>());
  }
}

TEST(PolygonMask, ASquareIsItself) {
  const Rle mask = polygon_mask({2, 1, 6, 1, 6, 4, 2, 4}, 8, 10);
  EXPECT_EQ(rle_area(mask), 12);
  EXPECT_EQ(rle_box(mask), (PixelBox{2, 1, 4, 3}));
  EXPECT_EQ(rle_area(polygon_mask({0, 0, 10, 0, 10, 8, 0, 8}, 8, 10)), 80) << "the whole picture";
  EXPECT_EQ(rle_area(polygon_mask({-5, -5, 20, -5, 20, 20, -5, 20}, 8, 10)), 80) << "and more";
  EXPECT_EQ(rle_area(polygon_mask({3, 3, 3, 3, 3, 3}, 8, 10)), 0) << "a point";
  EXPECT_ERSATZ_ERROR(polygon_mask({1, 1, 2, 2}, 8, 10), core::ExitCode::kInternal, "4 coord");
  EXPECT_ERSATZ_ERROR(polygon_mask({1, 1, 2, NAN, 3, 3}, 8, 10), core::ExitCode::kInternal, "6");
}

TEST(PolygonMask, EqualsTheListedPointsOfRandomPolygons) {
  core::Stream random(7, "polygons");
  for (int trial = 0; trial < 3000; ++trial) {
    const int height = 1 + static_cast<int>(random.uniform(0, 30));
    const int width = 1 + static_cast<int>(random.uniform(0, 30));
    // Some far beyond the picture, some on the grid.
    const float reach = trial % 3 == 0 ? 3000 : 20;
    std::vector<double> corners(2 * (3 + static_cast<std::size_t>(random.uniform(0, 6))));
    for (double& value : corners) {
      value = random.uniform(-reach, 30 + reach);
      if (trial % 2 == 0) value = std::round(value);
    }
    EXPECT_EQ(rle_text(polygon_mask(corners, height, width)),
              rle_text(mask_of_listed_points(corners, height, width)))
        << trial;
  }
}

TEST(PolygonMask, EdgesThatLeaveThePictureCostNothing) {
  // Listed, the points of these edges would take 16 GB.
  const std::vector<double> around = {-1e8, -1e8, 1e8, -1e8, 1e8, 1e8, -1e8, 1e8};
  EXPECT_EQ(rle_area(polygon_mask(around, 8, 10)), 80);
  const Rle half = polygon_mask({-1e8, -1e8, 1e8, 1e8, -1e8, 1e8}, 100, 100);
  EXPECT_NEAR(static_cast<double>(rle_area(half)), 5000, 51) << "below the diagonal";
}

TEST(PolygonMask, CrossingsAreLimited) {
  std::vector<double> zigzag;
  for (int i = 0; i < 2000; ++i) zigzag.insert(zigzag.end(), {i % 2 == 0 ? -1e8 : 1e8, 3.0});
  EXPECT_EQ(rle_area(polygon_mask(zigzag, 10, 2000)), 0) << "4 million crossings of one line";
  for (int i = 0; i < 200; ++i) zigzag.insert(zigzag.end(), {i % 2 == 0 ? -1e8 : 1e8, 3.0});
  EXPECT_ERSATZ_ERROR(polygon_mask(zigzag, 10, 2000), core::ExitCode::kUntrustedData, "crosses");
}

TEST(MaskOverlap, UnionAndIntersection) {
  const Rle a = polygon_mask({0, 0, 4, 0, 4, 4, 0, 4}, 8, 10);
  const Rle b = polygon_mask({2, 2, 6, 2, 6, 6, 2, 6}, 8, 10);
  const Overlap pixels = overlap(a, b);
  EXPECT_EQ(pixels.both, 4);
  EXPECT_EQ(pixels.either, 28);
  const Rle all = union_of({a, b});
  EXPECT_EQ(rle_area(all), 28);
  EXPECT_EQ(overlap(all, b).both, 16);
  EXPECT_EQ(rle_text(union_of({a})), rle_text(a));
  // However many there are, and in whatever order.
  std::vector<Rle> columns;
  for (const int x : {7, 2, 5, 0, 9, 3, 4}) {
    const double left = x, right = x + 1;
    columns.push_back(polygon_mask({left, 1, right, 1, right, 6, left, 6}, 8, 10));
    Rle one_by_one = columns[0];
    for (std::size_t i = 1; i < columns.size(); ++i)
      one_by_one = union_of({one_by_one, columns[i]});
    EXPECT_EQ(rle_text(union_of(columns)), rle_text(one_by_one)) << columns.size();
    EXPECT_EQ(rle_area(union_of(columns)), 5 * static_cast<std::int64_t>(columns.size()));
  }
  EXPECT_ERSATZ_ERROR(union_of({}), core::ExitCode::kInternal, "no masks");
  EXPECT_ERSATZ_ERROR(overlap(a, {4, 4, {16}}), core::ExitCode::kInternal, "8 x 10");
}

}  // namespace
}  // namespace ersatz::data
