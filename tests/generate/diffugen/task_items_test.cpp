// The pictures of the three tasks, by the published rules.
#include "generate/diffugen/task_items.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using core::ExitCode;
using ::testing::ElementsAre;

DiffuGenConfig cars() {
  DiffuGenConfig config;
  config.classes = {"car", "bus"};
  config.images_per_shard = 3;
  DiffuGenTextToImage task;
  task.seeds = {1, 5};
  task.seeds_per_prompt = 2;
  task.objects = {"car", "lorry"};
  task.views = {"rear"};
  task.times = {"day", "midday"};
  task.skies = {"clear", "clouds"};
  task.weathers = {"good"};
  task.templates = {
      "a {view_point} {object_name}, {time_of_day}, {sky_condition}, "
      "{weather_condition}"};
  config.txt2img = task;
  return config;
}

TEST(DiffuGenItems, TextToImageAsPublished) {
  const std::vector<DiffuGenItem> items = text_to_image_items(cars());
  ASSERT_EQ(items.size(), 16U);
  EXPECT_EQ(items[3].stem, fmt::format("car_rear_day_clouds_good_2_{}", items[3].seed));
  EXPECT_EQ(items[15].object, "lorry");
  EXPECT_EQ(items[15].source, 15);
  // A folder for three pictures; it never changes within the seeds of a prompt.
  std::vector<std::string> folders;
  for (std::size_t i = 0; i < 16; i += 2) {
    EXPECT_EQ(items[i].folder, items[i + 1].folder);
    folders.push_back(items[i].folder);
  }
  EXPECT_THAT(folders, ElementsAre("0001", "0001", "0002", "0003", "0003", "0004", "0005", "0005"));
}

TEST(DiffuGenItems, ImageToImageLeavesOutWhatTheSourceHasAlready) {
  const std::vector<DiffuGenItem> sources = text_to_image_items(cars());
  DiffuGenImageToImage task;
  task.times = {"day", "night"};  // part of "day" and of "midday"
  task.skies = {"cloud"};         // part of "clouds"
  task.weathers = {"goo", "rain"};
  const std::vector<DiffuGenItem> items = image_to_image_items(task, sources);
  // Sources with a clear sky, at night, in rain.
  ASSERT_EQ(items.size(), 8U);
  EXPECT_EQ(items[0].prompt, "a rear car, night, cloud, rain");
  EXPECT_EQ(items[0].seed, sources[0].seed);
  EXPECT_EQ(items[0].folder, sources[0].folder);
  EXPECT_EQ(items[0].stem, fmt::format("car_rear_night_cloud_rain_1_{}", sources[0].seed));
  EXPECT_EQ(items[2].source, 4);
  EXPECT_EQ(items[2].index, 2);
  std::set<std::string> names;
  for (const DiffuGenItem& item : items) names.insert(item.folder + item.stem);
  EXPECT_EQ(names.size(), 8U) << "five seeds, but the number tells them apart";
}

TEST(DiffuGenItems, InpaintingReplacesTheObject) {
  const std::vector<DiffuGenItem> sources = text_to_image_items(cars());
  DiffuGenInpainting task;
  task.replacements = {{"lorry", {"red fire engine", "tank"}}};
  const std::vector<DiffuGenItem> items = inpainting_items(task, sources);
  ASSERT_EQ(items.size(), 16U);
  EXPECT_EQ(items[0].source, 8) << "cars have no replacement";
  EXPECT_EQ(items[0].prompt, "a rear view of red fire engine");
  EXPECT_EQ(items[0].object, "lorry");
  EXPECT_EQ(items[0].attributes.object_name, "red fire engine");
  EXPECT_EQ(items[0].attributes.sky_condition, "clear");
  EXPECT_EQ(items[1].stem, fmt::format("tank_rear_day_clear_good_2_{}", sources[8].seed));
  EXPECT_EQ(items[1].prompt_template, sources[8].prompt_template);
}

TEST(DiffuGenItems, ClassesAreTheDatasetsThenFurtherObjects) {
  DiffuGenConfig config = cars();
  config.inpaint = DiffuGenInpainting{"", "", {{"tram", {"red tram"}}, {"car", {"red car"}}}};
  EXPECT_THAT(label_classes(config), ElementsAre("car", "bus", "lorry", "tram"));
}

TEST(DiffuGenItems, NamesThatNoFileSystemTakesAreRefused) {
  DiffuGenConfig config = cars();
  config.txt2img->views = {std::string(250, 'x')};
  EXPECT_ERSATZ_ERROR(text_to_image_items(config), ExitCode::kUsage, "would have 2");
  EXPECT_ERSATZ_ERROR(parse_task("inpant"), ExitCode::kUsage, "inpaint");
}

}  // namespace
}  // namespace ersatz::generate
