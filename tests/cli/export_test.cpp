// `ersatz export`.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"
#include "core/json.h"
#include "data/images/png_codec.h"
#include "support/partial_files.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;
using ::testing::Not;

class Export : public ::testing::Test {
 protected:
  Export() {
    data::RgbImage image{80, 60, std::vector<std::uint8_t>(3 * 80 * 60)};
    fs::create_directories(folder_ / "images/a");
    write_text(folder_ / "images/a/one.png", data::encode_png(image));
    write_text(folder_ / "images/two.png", data::encode_png(image));
    write_text(folder_ / "coco.json", R"({
      "images": [{"id": 5, "height": 60, "width": 80, "file_name": "a/one.png"},
                 {"id": 6, "height": 60, "width": 80, "file_name": "two.png"}],
      "categories": [{"id": 17, "name": "apple"}, {"id": 3, "name": "tree"}],
      "annotations": [{"id": 1, "image_id": 5, "category_id": 17, "bbox": [8, 6, 32, 30],
                       "area": 960, "iscrowd": 0, "segmentation": [[8, 6, 40, 6, 40, 36, 8, 36]]}]})");
  }
  CommandResult run(const std::string& arguments) const {
    return run_command(fmt::format("cd '{}' && '{}/ersatz' export {}", folder_.path().string(),
                                   ERSATZ_BIN_DIR, arguments));
  }
  TemporaryFolder folder_;
};

TEST_F(Export, AroundAllFormatsAndBack) {
  const auto ok = [&](const std::string& arguments) {
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.exit_status, 0) << arguments << "\n" << result.errors;
    return result;
  };
  EXPECT_THAT(ok("coco.json --from coco --to yolo-segment --out yolo --pictures link").output,
              HasSubstr("yolo: 2 pictures, 1 objects, 2 classes"));
  // Classes in the order of their ids: tree, apple.
  EXPECT_EQ(read_text(folder_ / "yolo/labels/a/one.txt"), "1 0.1 0.1 0.5 0.1 0.5 0.6 0.1 0.6\n");
  EXPECT_TRUE(fs::is_symlink(folder_ / "yolo/images/a/one.png"));
  const CommandResult boxes = ok("yolo --from yolo-segment --to voc --out voc --pictures copy");
  EXPECT_THAT(boxes.errors, HasSubstr("1 outlines are left out"));
  EXPECT_FALSE(fs::is_symlink(folder_ / "voc/images/a/one.png"));
  ok("voc --from voc --to coco --out back.json");
  const Json back = Json::parse(read_text(folder_ / "back.json"));
  EXPECT_EQ(back.at("annotations")[0].at("bbox"), Json({8.0, 6.0, 32.0, 30.0}));
  EXPECT_EQ(back.at("categories")[1].at("name"), "apple");
  EXPECT_EQ(Json::parse(ok("back.json --from coco --to yolo --out y --json").output).at("objects"),
            1);
}

TEST_F(Export, PartsOfObjectsAndNamesOfClassesAreWarnedOf) {
  Json document = Json::parse(read_text(folder_ / "coco.json"));
  document["annotations"][0]["segmentation"].push_back({50, 6, 60, 6, 60, 36});
  document["categories"].push_back({{"id", 18}, {"name", "apple"}});
  write_text(folder_ / "parts.json", document.dump());
  const CommandResult segments = run("parts.json --from coco --to yolo-segment --out segments");
  EXPECT_EQ(segments.exit_status, 0) << segments.errors;
  EXPECT_THAT(segments.errors, HasSubstr("1 objects of several parts become 2 objects of one"));
  EXPECT_THAT(segments.errors, HasSubstr("several classes are called 'apple': they stay apart"));
  const CommandResult again = run("parts.json --from coco --to coco --out again.json");
  EXPECT_THAT(again.errors, Not(HasSubstr("several parts")));
  const CommandResult voc = run("parts.json --from coco --to voc --out voc");
  EXPECT_EQ(voc.exit_status, 2);
  EXPECT_THAT(voc.errors, HasSubstr("several classes are called 'apple'"));
  EXPECT_FALSE(fs::exists(folder_ / "voc"));
}

TEST_F(Export, AFolderInThePlaceOfTheFileIsAMistake) {
  fs::create_directories(folder_ / "taken/by/something");
  const CommandResult result = run("coco.json --from coco --to coco --out taken --overwrite");
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.errors, HasSubstr("Is a directory"));
}

// The folder of the result is that of the pictures, by its name or by a link.
TEST_F(Export, PicturesThatAreInTheirPlaceStayThere) {
  const std::string one = read_text(folder_ / "images/a/one.png");
  fs::create_directories(folder_ / "linked");
  fs::create_directory_symlink(folder_ / "images", folder_ / "linked/images");
  for (const char* out : {".", "linked"}) {
    for (const char* pictures : {"copy", "link"}) {
      const CommandResult result = run(fmt::format(
          "coco.json --from coco --to voc --out {} --overwrite --pictures {}", out, pictures));
      EXPECT_EQ(result.exit_status, 0) << result.errors;
      for (const char* name : {"images/a/one.png", "images/two.png"}) {
        EXPECT_FALSE(fs::is_symlink(folder_ / name)) << out << " " << pictures;
        EXPECT_EQ(read_text(folder_ / name), one) << out << " " << pictures;
      }
    }
  }
}

// A link gives way to a copy; neither may be lost, nor lead to itself.
TEST_F(Export, LinksToThePicturesGiveWayToCopies) {
  const std::string one = read_text(folder_ / "images/a/one.png");
  const auto again = [&](const std::string& input, const std::string& pictures) {
    const CommandResult result =
        run(fmt::format("{} --out out --overwrite --pictures {}", input, pictures));
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    EXPECT_EQ(read_text(folder_ / "out/images/a/one.png"), one);
  };
  const std::string coco = "coco.json --from coco --to yolo", itself = "out --from yolo --to yolo";
  again(coco, "link");
  again(coco, "link");
  again(itself, "link");
  EXPECT_TRUE(fs::is_symlink(folder_ / "out/images/a/one.png"));
  const fs::path left = partial_of(folder_ / "out/images/a/one.png", kNobody);
  write_text(left, one.substr(0, 10));
  again(itself, "copy");
  EXPECT_FALSE(fs::is_symlink(folder_ / "out/images/a/one.png"));
  EXPECT_FALSE(fs::exists(left));
  again(coco, "copy");
  EXPECT_EQ(read_text(folder_ / "images/a/one.png"), one);
}

TEST_F(Export, APictureThatCannotBeCopiedLeavesTheOldOne) {
  const std::string one = read_text(folder_ / "images/a/one.png");
  const std::string line = "coco.json --from coco --to voc --out out --overwrite --pictures copy";
  ASSERT_EQ(run(line).exit_status, 0);
  fs::remove(folder_ / "images/a/one.png");
  fs::create_directory(folder_ / "images/a/one.png");
  EXPECT_NE(run(line).exit_status, 0);
  EXPECT_EQ(read_text(folder_ / "out/images/a/one.png"), one);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "out/images/a"), {}), 1);
}

TEST_F(Export, MistakesLeaveNothingBehind) {
  const auto refused = [&](const std::string& arguments, int status, const std::string& text) {
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(text));
    EXPECT_FALSE(fs::exists(folder_ / "out")) << arguments;
  };
  refused("coco.json --from cocoo --to yolo --out out", 2, "cocoo");
  refused("none.json --from coco --to yolo --out out", 40, "there is no none.json");
  refused("images --from coco --to yolo --out out", 2, "images is a folder");
  refused("coco.json --from voc --to yolo --out out", 2, "coco.json is a file");
  refused("coco.json --from coco --to voc --out images", 2, "images is there already");
  refused("images --from yolo --to voc --out out", 40, "data.yaml");
  const std::string good = read_text(folder_ / "coco.json");
  for (const auto& [name, message] :
       {std::pair(std::string(300, 'x'), "its name is too long: 300 bytes"),
        {std::string("."), "its file has no name"}}) {
    std::string bad = good;
    write_text(folder_ / "coco.json", bad.replace(bad.find("two.png"), 7, name));
    refused("coco.json --from coco --to yolo --out out --pictures copy", 30, message);
  }
  write_text(folder_ / "coco.json", "{\"images\": [");
  refused("coco.json --from coco --to yolo --out out", 30, "coco.json");
}

}  // namespace
}  // namespace ersatz::test
