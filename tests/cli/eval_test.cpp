// `ersatz eval`.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "cli/cli_fixture.h"
#include "core/json.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::HasSubstr;

class EvalCoco : public ::testing::Test {
 protected:
  EvalCoco() {
    write_text(folder_ / "gt.json", R"({
      "images": [{"id": 1, "height": 100, "width": 100, "file_name": "tree.jpg"},
                 {"id": 3, "height": 50, "width": 50}],
      "categories": [{"id": 7, "name": "apple"}, {"id": 9, "name": "pear"}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [10, 10, 40, 40],
                       "area": 1600, "iscrowd": 0,
                       "segmentation": [[10, 10, 50, 10, 50, 50, 10, 50]]}]})");
    write_text(folder_ / "dt.json", R"([{"image_id": 1, "category_id": 7, "score": 0.5,
      "bbox": [10, 10, 40, 40], "segmentation": {"size": [100, 100], "counts": [10000]}}])");
  }
  CommandResult eval(const std::string& arguments) const {
    return run_command(fmt::format("cd '{}' && '{}/ersatz' eval coco {}", folder_.path().string(),
                                   ERSATZ_BIN_DIR, arguments));
  }
  TemporaryFolder folder_;
};

TEST_F(EvalCoco, TwelveNumbersAndClasses) {
  const CommandResult text = eval("--gt gt.json --dt dt.json --per-class");
  EXPECT_EQ(text.exit_status, 0) << text.errors;
  EXPECT_THAT(text.output, HasSubstr("2 pictures, 1 objects, 1 detections, boxes"));
  EXPECT_THAT(text.output, HasSubstr("AP     1.0000  overlap 0.50:0.95"));
  EXPECT_THAT(text.output, HasSubstr("large objects, above 96 x 96 px: nothing to find"));
  EXPECT_THAT(text.output, HasSubstr("apple"));
  const CommandResult result = eval("--gt gt.json --dt dt.json --json");
  const Json json = Json::parse(result.output);
  EXPECT_EQ(json.at("stats").size(), 12U);
  EXPECT_EQ(json.at("stats")[5], -1.0);
  EXPECT_EQ(json.at("per_category")[1].at("AP"), -1.0);
  // Its mask is empty.
  EXPECT_EQ(Json::parse(eval("--gt gt.json --dt dt.json --iou segm --json").output).at("stats")[0],
            0.0);
}

TEST_F(EvalCoco, PicturesOneByOne) {
  write_text(folder_ / "dt.json", R"([
    {"image_id": 1, "category_id": 7, "score": 0.5, "bbox": [10, 10, 40, 40]},
    {"image_id": 1, "category_id": 9, "score": 0.4, "bbox": [10, 10, 40, 40]}])");
  const CommandResult text = eval("--gt gt.json --dt dt.json --per-image");
  EXPECT_EQ(text.exit_status, 0) << text.errors;
  EXPECT_THAT(text.output,
              HasSubstr("      1       2       1       0       1  1.0000  1.0000  tree.jpg\n"));
  EXPECT_THAT(text.output,
              HasSubstr("      0       0       0       0       0       -       -  3\n"));
  const Json json = Json::parse(eval("--gt gt.json --dt dt.json --per-image --json").output);
  ASSERT_EQ(json.at("per_image").size(), 2U);
  EXPECT_EQ(json.at("per_image")[0].at("file_name"), "tree.jpg");
  EXPECT_EQ(json.at("per_image")[0].at("detections"), 2);
  EXPECT_EQ(json.at("per_image")[1].at("AP"), -1.0);
}

TEST_F(EvalCoco, DrawsPrecisionOverRecall) {
  const CommandResult result = eval("--gt gt.json --dt dt.json --plots out/curves --per-class");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  const std::string csv = read_text(folder_ / "out/curves/precision_recall.csv");
  // The reference's precisions are that little below 1.
  EXPECT_THAT(csv, HasSubstr("\n1,ours,0.5,0.9999999999999998,,,,overlap 0.50: AP 1.000\n"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/curves/precision_recall_class_7.gp"));
  // There are no pears.
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/curves/precision_recall_class_9.gp"));
  EXPECT_THAT(result.output, HasSubstr("out/curves/precision_recall_class_7.svg"));
  // Without gnuplot the data are there, with a warning.
  const CommandResult undrawn = run_command(
      fmt::format("cd '{}' && ERSATZ_GNUPLOT=/nonexistent '{}/ersatz' eval coco --gt gt.json --dt "
                  "dt.json --plots undrawn --json",
                  folder_.path().string(), ERSATZ_BIN_DIR));
  EXPECT_EQ(undrawn.exit_status, 0) << undrawn.errors;
  EXPECT_THAT(undrawn.errors, HasSubstr("figures are not drawn"));
  EXPECT_EQ(read_text(folder_ / "undrawn/precision_recall.csv"), csv);
  EXPECT_EQ(Json::parse(undrawn.output).at("plots"), Json::array({"precision_recall"}));
}

TEST_F(EvalCoco, DamagedFilesAreRefusedByName) {
  const auto refused = [&](const std::string& file, const std::string& from, const std::string& to,
                           const std::string& text, const std::string& arguments = "") {
    const std::string good = read_text(folder_ / file);
    std::string bad = good;
    ASSERT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), from.size(), to);
    write_text(folder_ / file, bad);
    const CommandResult result = eval("--gt gt.json --dt dt.json " + arguments);
    EXPECT_EQ(result.exit_status, 30) << to << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(text));
    EXPECT_THAT(result.errors, HasSubstr(file));
    write_text(folder_ / file, good);
  };
  refused("gt.json", "\"category_id\": 7", "\"category_id\": 8",
          "category 8, which is not declared");
  refused("gt.json", "\"id\": 9", "\"id\": 7", "category id 7 occurs twice");
  refused("gt.json", "\"height\": 100", "\"height\": -1", "-1 x 100 px");
  refused("gt.json", "[10, 10, 40, 40]", "[10, 10, 40]", "4 numbers are expected");
  refused("gt.json", "[10, 10, 50, 10, 50, 50, 10, 50]", "[10, 10, 50, 10]", "has 4 coordinates",
          "--iou segm");
  refused("dt.json", "\"image_id\": 1", "\"image_id\": 2", "which the ground truth does not have");
  refused("dt.json", "0.5", "\"high\"", "'score' of detection 0 is no number");
  refused("dt.json", "[10000]", "[9999]", "do not add up", "--iou segm");
  refused("dt.json", "\"size\": [100, 100]", "\"size\": [10, 10]", "not of its picture's size",
          "--iou segm");
  EXPECT_EQ(eval("--gt none.json --dt dt.json").exit_status, 40);
  EXPECT_EQ(eval("--gt gt.json").exit_status, 2);
  EXPECT_EQ(eval("--gt gt.json --dt dt.json --iou keypoints").exit_status, 2);
}

}  // namespace
}  // namespace ersatz::test
