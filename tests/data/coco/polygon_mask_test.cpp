#include "data/coco/polygon_mask.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::Json;

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
  EXPECT_ERSATZ_ERROR(union_of({}), core::ExitCode::kInternal, "no masks");
  EXPECT_ERSATZ_ERROR(overlap(a, {4, 4, {16}}), core::ExitCode::kInternal, "8 x 10");
}

}  // namespace
}  // namespace ersatz::data
