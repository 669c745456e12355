// Files of kilobytes whose masks ask for gigabytes, or for hours.
#include "data/coco/mask_budget.h"

#include <gtest/gtest.h>

#include "core/json.h"
#include "data/coco/coco_reader.h"
#include "data/coco/polygon_mask.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;
using core::Json;

// The upper row of a picture of two: on and off in every column, 2^21 run lengths from 8 numbers.
TEST(MaskBudget, EndsAFileThatAsksForMoreThanAnyHonestOneHas) {
  constexpr int kWidth = 1 << 20;
  const Json strip = {{0, 0, kWidth, 0, kWidth, 1, 0, 1}};
  Json file = {{"images", {{{"id", 1}, {"height", 2}, {"width", kWidth}}}},
               {"categories", {{{"id", 1}, {"name", "strip"}}}},
               {"annotations", Json::array()}};
  const auto add_strip = [&](int id) {
    file["annotations"].push_back({{"id", id},
                                   {"image_id", 1},
                                   {"category_id", 1},
                                   {"area", kWidth},
                                   {"iscrowd", 0},
                                   {"bbox", {0, 0, kWidth, 1}},
                                   {"segmentation", strip}});
  };
  const test::TemporaryFolder folder;
  const auto path = folder / "instances.json";
  add_strip(1);
  core::write_json(path, file);
  const CocoGroundTruth one = read_coco_ground_truth(path, true);
  const std::size_t runs = one.objects.at(0).mask->counts.size();
  ASSERT_GE(runs, 2U * kWidth - 1);

  for (int id = 2; id <= 129; ++id) add_strip(id);
  core::write_json(path, file);
  EXPECT_LT(std::filesystem::file_size(path), 64'000U);
  EXPECT_ERSATZ_ERROR(read_coco_ground_truth(path, true), ExitCode::kUntrustedData,
                      "more than 268435456 run lengths");
  // As parts of one mask.
  Json parts = Json::array();
  for (std::size_t i = 0; i < file["annotations"].size(); ++i) parts.push_back(strip[0]);
  Json single = file;
  single["annotations"] = Json::array({file["annotations"][0]});
  single["annotations"][0]["segmentation"] = parts;
  core::write_json(path, single);
  EXPECT_ERSATZ_ERROR(read_coco_ground_truth(path, true), ExitCode::kUntrustedData,
                      "more than 268435456 run lengths");
  core::write_json(path, file);
  // Who does not need the masks can read it.
  EXPECT_EQ(read_coco_ground_truth(path, false).objects.size(), file["annotations"].size());
}

// One object whose mask has these parts, in a picture as wide as may be.
Json one_object(const Json& parts, int height) {
  return {{"images", {{{"id", 1}, {"height", height}, {"width", 1 << 20}}}},
          {"categories", {{{"id", 1}, {"name", "strip"}}}},
          {"annotations",
           {{{"id", 1},
             {"image_id", 1},
             {"category_id", 1},
             {"area", 0},
             {"bbox", {0, 0, 0, 0}},
             {"segmentation", parts}}}}};
}

// Of these crossings none is left: there and back again.
TEST(MaskBudget, EndsAFileWhosePolygonsAreEmpty) {
  constexpr int kWidth = 1 << 20;
  Json parts = Json::array();
  for (int i = 0; i < 129; ++i) parts.push_back({0, 0, kWidth, 0, 0, 0});
  const Json file = one_object(parts, 2);
  const test::TemporaryFolder folder;
  core::write_json(folder / "instances.json", file);
  EXPECT_LT(std::filesystem::file_size(folder / "instances.json"), 14'000U);
  EXPECT_ERSATZ_ERROR(read_coco_ground_truth(folder / "instances.json", true),
                      ExitCode::kUntrustedData, "polygons of 774 coordinates cross more than");
}

TEST(MaskBudget, GrowsWithTheFile) {
  MaskBudget budget("labels.json");
  // A whole data set of coarse outlines: 25 corners around 500 px.
  for (int i = 0; i < 3'000'000; ++i) budget.take(1000, 50);
  // Rectangles across pages.
  for (int i = 0; i < 2'000'000; ++i) budget.take(2500, 8);
  EXPECT_ERSATZ_ERROR(budget.take(std::size_t{1} << 34, 50), ExitCode::kUntrustedData,
                      "labels.json: its 5000001 polygons of 166000050 coordinates");
}

// Each crosses no more than a rectangle as wide as a page may: together they are gigabytes.
TEST(MaskBudget, EndsAFileWhosePartsAreManyAndWide) {
  Json parts = Json::array();
  for (int i = 0; i < 150'000; ++i) parts.push_back({0, 0, 1200, 9, 0, 99});
  const Json file = one_object(parts, 2047);
  const test::TemporaryFolder folder;
  core::write_json(folder / "instances.json", file);
  EXPECT_LT(std::filesystem::file_size(folder / "instances.json"), 16'000'000U);
  EXPECT_ERSATZ_ERROR(read_coco_ground_truth(folder / "instances.json", true),
                      ExitCode::kUntrustedData, "more than 268435456 run lengths");
}

// Parts of a mask are held until they are one.
TEST(MaskBudget, HoldsWhatIsInMemory) {
  MaskBudget budget("labels.json");
  const std::vector<double> triangle = {0, 0, 40, 9, 0, 30};
  std::size_t runs = 0;
  for (int i = 0; i < 3; ++i) {
    std::vector<Rle> parts;
    for (int part = 0; part < 5; ++part) parts.push_back(polygon_mask(triangle, 64, 64, &budget));
    runs += union_of(std::move(parts), budget).counts.size();
  }
  budget.hold(MaskBudget::kMostHeld - runs);
  EXPECT_ERSATZ_ERROR(budget.hold(1), ExitCode::kUntrustedData, "labels.json: the masks");
  budget.release(2);
  budget.hold(1);
}

}  // namespace
}  // namespace ersatz::data
