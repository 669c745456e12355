// `ersatz eval labels`.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"
#include "core/json.h"
#include "data/images/png_codec.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;

// Two cars in pictures of 80 x 60; the first has a label that covers three quarters of it.
class EvalLabels : public ::testing::Test {
 protected:
  EvalLabels() {
    const data::RgbImage image{80, 60, std::vector<std::uint8_t>(3 * 80 * 60)};
    for (const char* folder : {"", "yolo/"}) {
      fs::create_directories(folder_ / folder / "images");
      for (const char* name : {"one.png", "two.png"}) {
        write_text(folder_ / folder / "images" / name, data::encode_png(image));
      }
    }
    write_text(folder_ / "truth.json", R"({
      "images": [{"id": 5, "height": 60, "width": 80, "file_name": "one.png"},
                 {"id": 6, "height": 60, "width": 80, "file_name": "two.png"}],
      "categories": [{"id": 1, "name": "car"}],
      "annotations": [
        {"id": 1, "image_id": 5, "category_id": 1, "bbox": [0, 0, 40, 30], "area": 1200,
         "iscrowd": 0, "segmentation": [[0, 0, 40, 0, 40, 30, 0, 30]]},
        {"id": 2, "image_id": 6, "category_id": 1, "bbox": [0, 0, 40, 30], "area": 1200,
         "iscrowd": 0, "segmentation": [[0, 0, 40, 0, 40, 30, 0, 30]]}]})");
    fs::create_directories(folder_ / "yolo/labels");
    write_text(folder_ / "yolo/data.yaml", "path: .\ntrain: images\nnames: {0: auto}\n");
    write_text(folder_ / "yolo/labels/one.txt", "0 0 0 0.375 0 0.375 0.5 0 0.5\n");
    write_text(folder_ / "yolo/labels/two.txt", "");
  }
  CommandResult run(const std::string& arguments) const {
    return run_command(fmt::format("cd '{}' && '{}/ersatz' eval labels {}", folder_.path().string(),
                                   ERSATZ_BIN_DIR, arguments));
  }
  TemporaryFolder folder_;
};

TEST_F(EvalLabels, ComparesTwoFormats) {
  const CommandResult text = run("--gt truth.json --pred yolo --map auto=car");
  ASSERT_EQ(text.exit_status, 0) << text.errors;
  EXPECT_THAT(text.output, HasSubstr("2 pictures, 2 objects, 1 labels, masks, overlap 0.5"));
  EXPECT_THAT(text.output, HasSubstr("mask IoU      0.3750"));
  EXPECT_THAT(text.output, HasSubstr("1 of 2 objects are found"));
  const CommandResult json = run(
      "--gt truth.json --pred yolo --format-pred yolo-segment --map auto=car --overlap 0.8 --json");
  ASSERT_EQ(json.exit_status, 0) << json.errors;
  const Json scores = Json::parse(json.output);
  EXPECT_EQ(scores.at("right"), 0);
  EXPECT_DOUBLE_EQ(scores.at("object_iou").get<double>(), 0.375);
  EXPECT_EQ(scores.at("by_objects")[0].at("objects_each"), 1);
}

TEST_F(EvalLabels, SaysWhatDoesNotCount) {
  const CommandResult unknown = run("--gt truth.json --pred yolo");
  ASSERT_EQ(unknown.exit_status, 0) << unknown.errors;
  EXPECT_THAT(unknown.errors, HasSubstr("1 labels of class 'auto', which the ground truth does "
                                        "not have: left out (--map auto=CLASS, or --any-class)"));
  EXPECT_THAT(unknown.output, HasSubstr("0 labels"));
  EXPECT_THAT(run("--gt truth.json --pred yolo --any-class").output, HasSubstr("1 labels"));
}

TEST_F(EvalLabels, MistakesAreNamed) {
  const auto refused = [&](const std::string& arguments, int status, const std::string& message) {
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(message)) << arguments;
    EXPECT_EQ(result.output, "");
  };
  refused("--gt truth.json --pred nowhere", 40, "there is no nowhere");
  refused("--gt truth.json --pred images", 2, "images looks like no labelled dataset");
  refused("--gt truth.json --pred yolo --map auto", 2, "--map auto is not PRED=GT");
  refused("--gt truth.json --pred yolo --map auto=cart", 2, "did you mean 'car'?");
  refused("--gt truth.json --pred yolo --overlap 0", 2, "every label would be right");
  refused("--gt yolo --pred truth.json --format-gt yolo-segmen", 2, "--format-gt");
  write_text(folder_ / "yolo/labels/one.txt", "0 0.2 0.25 0.4 0.5\n");
  refused("--gt truth.json --pred yolo --map auto=car", 2, "1 objects have a box and no mask");
  EXPECT_EQ(run("--gt truth.json --pred yolo --map auto=car --shape box").exit_status, 0);
}

}  // namespace
}  // namespace ersatz::test
