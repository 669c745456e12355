// `ersatz diffugen`.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"
#include "core/json.h"
#include "generate/diffusion/made_up_vocabulary.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;

const char* const kConfig = R"({
  "dataset_name": "cats",
  "dataset_root": "out",
  "image_format": "png",
  "image_size": {"width": 64, "height": 64},
  "steps": 10,
  "dataset_classes": ["cat"],
  "dataset_to_model_class_map": {"cat": "cat"},
  "label_model": {"type": "YOLOSeg", "weights": "w", "classes": "c"},
  "unsupervised": true,
  "txt2img": {
    "stable_diffusion_model": "sd",
    "seed_range": {"min": 1, "max": 1000},
    "seed_count_per_prompt": 3,
    "object_names": ["cat", "dog"],
    "view_points": ["rear", "front"],
    "times_of_day": ["day"],
    "sky_conditions": ["clear"],
    "weather_conditions": ["good"],
    "prompts": ["a {object_name}"]
  }
}
)";

class DiffuGenPlan : public ::testing::Test {
 protected:
  DiffuGenPlan() {
    write_text(folder_ / "c.json", kConfig);
    write_made_up_tokenizer(folder_ / "model/tokenizer");
  }
  CommandResult plan(const std::string& arguments) const {
    return run_command(fmt::format("cd '{}' && '{}/ersatz' diffugen plan {}",
                                   folder_.path().string(), ERSATZ_BIN_DIR, arguments));
  }
  void edit(const std::string& from, const std::string& to) const {
    std::string text = read_text(folder_ / "c.json");
    text.replace(text.find(from), from.size(), to);
    write_text(folder_ / "c.json", text);
  }
  TemporaryFolder folder_;
};

TEST_F(DiffuGenPlan, SaysWhatWouldBeMade) {
  const CommandResult result = plan("c.json --prompts 1");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("12 pictures of 64 x 64 px, 10 steps each: 120 guided"));
  EXPECT_THAT(result.output, HasSubstr("cat_rear_day_clear_good_1_"));
  EXPECT_THAT(result.output, HasSubstr("  a cat\n"));
  EXPECT_EQ(result.output.find("front"), std::string::npos) << "one prompt only";
  // Lists in no template, and a class that is not declared.
  EXPECT_THAT(result.errors, HasSubstr("c.json:16: 'view_points' is in no template: its 2 values"));
  EXPECT_THAT(result.errors, HasSubstr("c.json:15: 'object_names': 'dog' is not among"));
}

TEST_F(DiffuGenPlan, AsJson) {
  const CommandResult result = plan("c.json --json --prompts 2");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  const Json json = Json::parse(result.output);
  EXPECT_EQ(json.at("pictures"), 12);
  EXPECT_EQ(json.at("first").size(), 2U);
  EXPECT_EQ(json.at("tasks"), Json({"txt2img"}));
  EXPECT_EQ(json.at("remarks").size(), 5U);
  EXPECT_EQ(json.at("remarks")[0].at("line"), 15);
}

TEST_F(DiffuGenPlan, PromptsTheModelCannotSeeWholeAreNamed) {
  std::string words = "a {object_name}";
  for (int i = 0; i < 90; ++i) words += " cat";
  edit("a {object_name}", words);
  const CommandResult result = plan("c.json --model model");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("prompts of template 0 are longer than 77 tokens"));
  EXPECT_EQ(plan("c.json").errors.find("77 tokens"), std::string::npos) << "nobody counted";
}

TEST_F(DiffuGenPlan, MistakesEndInOneLine) {
  edit("{object_name}", "{objekt}");
  const CommandResult result = plan("c.json");
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.errors, HasSubstr("c.json:20: 'prompts': unknown placeholder {objekt}"));
  EXPECT_EQ(plan("none.json").exit_status, 40);
  write_text(folder_ / "c.json", "{");
  EXPECT_EQ(plan("c.json").exit_status, 30);
}

TEST_F(DiffuGenPlan, PublishedConfigurations) {
  ERSATZ_REQUIRE_SHARED(configurations, "data/diffugen");
  const std::pair<const char*, const char*> expected[] = {
      {"cars", "480 pictures"}, {"car-accident", "288 pictures"}, {"piano-road", "12 pictures"}};
  for (const auto& [name, text] : expected) {
    const CommandResult result =
        plan(fmt::format("'{}'", (configurations / (std::string(name) + ".json")).string()));
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    EXPECT_THAT(result.output, HasSubstr(text));
  }
  // Three of four times are not "day"; 96 pictures of each object, with 3, 4, 4 and 3 replacements.
  const Json cars =
      Json::parse(plan(fmt::format("'{}' --json", (configurations / "cars.json").string())).output);
  EXPECT_EQ(cars.at("task_pictures"),
            Json::parse(R"({"txt2img": 480, "img2img": 1440, "inpaint": 1344})"));
}

}  // namespace
}  // namespace ersatz::test
