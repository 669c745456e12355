// A file of kilobytes whose masks ask for gigabytes.
#include <gtest/gtest.h>

#include "core/json.h"
#include "data/coco/coco_reader.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;
using core::Json;

// The upper row of a picture of two: on and off in every column, 2^21 run lengths from 8 numbers.
TEST(RunLengthBudget, EndsAFileThatAsksForMoreThanAnyHonestOneHas) {
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

  for (int id = 2; static_cast<std::size_t>(id - 1) * runs <= std::size_t{1} << 28; ++id) {
    add_strip(id);
  }
  core::write_json(path, file);
  EXPECT_LT(std::filesystem::file_size(path), 64'000U);
  EXPECT_ERSATZ_ERROR(read_coco_ground_truth(path, true), ExitCode::kUntrustedData,
                      "the masks have more than 268435456 run lengths");
  // As parts of one mask.
  Json parts = Json::array();
  for (std::size_t i = 0; i < file["annotations"].size(); ++i) parts.push_back(strip[0]);
  Json single = file;
  single["annotations"] = Json::array({file["annotations"][0]});
  single["annotations"][0]["segmentation"] = parts;
  core::write_json(path, single);
  EXPECT_ERSATZ_ERROR(read_coco_ground_truth(path, true), ExitCode::kUntrustedData,
                      "the masks have more than 268435456 run lengths");
  core::write_json(path, file);
  // Who does not need the masks can read it.
  EXPECT_EQ(read_coco_ground_truth(path, false).objects.size(), file["annotations"].size());
}

}  // namespace
}  // namespace ersatz::data
