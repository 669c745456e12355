#include "data/scenes/scene_export.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/json.h"
#include "data/coco/rle.h"
#include "data/images/image_file.h"
#include "data/scenes/scene_vocabulary.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

SceneRequest small_request(SceneKind kind) {
  SceneRequest request;
  request.kind = kind;
  request.width = 48;
  request.height = 40;
  return request;
}

// As instance_mask() gives it.
std::vector<std::uint8_t> decode(const core::Json& segmentation, int width, int height) {
  EXPECT_EQ(segmentation.at("size"), core::Json({height, width}));
  std::vector<std::uint8_t> mask = decode_rle(
      parse_rle_text(segmentation.at("counts").get<std::string>(), height, width, "annotations"));
  for (std::uint8_t& value : mask) value = value == 0 ? 0 : 255;
  return mask;
}

TEST(SceneExport, CocoFilesSayWhatTheScenesAre) {
  const test::TemporaryFolder folder;
  const SceneRequest request = small_request(SceneKind::kFruit);
  write_scenes(folder / "set", request, 6, 10, 9, 2);

  const core::Json instances = core::read_json(folder / "set/annotations.json");
  const core::Json captions = core::read_json(folder / "set/captions.json");
  const core::Json attributes = core::read_json(folder / "set/attributes.json");
  ASSERT_EQ(instances.at("images").size(), 9U);
  ASSERT_EQ(captions.at("annotations").size(), 9U);
  ASSERT_EQ(instances.at("categories").size(), 5U);
  std::size_t next = 0;
  for (int i = 0; i < 9; ++i) {
    const Scene scene = draw_scene(request, 6, 10 + i);
    const core::Json& image = instances.at("images").at(static_cast<std::size_t>(i));
    const std::string name = image.at("file_name");
    EXPECT_EQ(read_image(folder / "set" / "images" / name).pixels, scene.image.pixels);
    EXPECT_EQ(captions.at("annotations").at(static_cast<std::size_t>(i)).at("caption"),
              scene.caption);
    EXPECT_EQ(attributes.at(name).get<SceneAttributes>(), scene.attributes);
    for (std::size_t k = 0; k < scene.objects.size(); ++k, ++next) {
      const core::Json& annotation = instances.at("annotations").at(next);
      const SceneObject& object = scene.objects[k];
      EXPECT_EQ(annotation.at("id"), next + 1);
      EXPECT_EQ(annotation.at("image_id"), image.at("id"));
      EXPECT_EQ(annotation.at("iscrowd"), 0);
      EXPECT_EQ(annotation.at("area"), object.visible_pixels);
      EXPECT_EQ(annotation.at("bbox"),
                core::Json({object.box.x, object.box.y, object.box.width, object.box.height}));
      const int category = annotation.at("category_id");
      EXPECT_EQ(scene_classes(SceneKind::kFruit).at(static_cast<std::size_t>(category - 1)),
                object.name);
      EXPECT_EQ(decode(annotation.at("segmentation"), 48, 40), instance_mask(scene, k).pixels);
    }
  }
  EXPECT_EQ(next, instances.at("annotations").size());
}

TEST(SceneExport, ThreadsChangeNothing) {
  const test::TemporaryFolder folder;
  const SceneRequest request = small_request(SceneKind::kAppleTree);
  write_scenes(folder / "one", request, 2, 0, 12, 1);
  write_scenes(folder / "three", request, 2, 0, 12, 3);
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "one")) {
    if (!entry.is_regular_file()) continue;
    const fs::path other = folder / "three" / fs::relative(entry.path(), folder / "one").string();
    EXPECT_EQ(core::read_file(entry.path()), core::read_file(other)) << other;
    ++files;
  }
  EXPECT_EQ(files, 15);
}

TEST(SceneExport, NothingIsOverwrittenAndNothingHalfWrittenIsLeft) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "mine");
  std::ofstream(folder / "mine/precious.txt") << "x";
  EXPECT_ERSATZ_ERROR(write_scenes(folder / "mine", small_request(SceneKind::kCar), 0, 0, 2),
                      core::ExitCode::kUsage, "not empty");
  EXPECT_TRUE(fs::exists(folder / "mine/precious.txt"));
  SceneRequest bad = small_request(SceneKind::kCar);
  bad.fixed = {{"vehicle", "tank"}};
  EXPECT_ERSATZ_ERROR(write_scenes(folder / "bad", bad, 0, 0, 2), core::ExitCode::kUsage, "tank");
  EXPECT_ERSATZ_ERROR(write_scenes(folder / "bad", small_request(SceneKind::kCar), 0, 0, -2),
                      core::ExitCode::kUsage, "count -2");
  int left = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    static_cast<void>(entry);
    ++left;
  }
  EXPECT_EQ(left, 1);
  fs::create_directories(folder / "empty");
  write_scenes(folder / "empty", small_request(SceneKind::kBackground), 0, 0, 1);
  EXPECT_TRUE(fs::exists(folder / "empty/images/background_000000.png"));
}

}  // namespace
}  // namespace ersatz::data
