// DiffuGen's configurations: the published ones as they are, mistakes by line.
#include "generate/diffugen/config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/file_system.h"
#include "core/json.h"
#include "generate/diffugen/expansion.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using core::Json;
using ::testing::HasSubstr;

Json small_config() {
  return {{"dataset_name", "cars"},
          {"dataset_root", "out"},
          {"image_format", "png"},
          {"image_size", {{"width", 512}, {"height", 384}}},
          {"steps", 50},
          {"dataset_classes", {"car", "bus"}},
          {"dataset_to_model_class_map", {{"car", "car"}, {"bus", "bus"}}},
          {"label_model", {{"type", "YOLOSeg"}, {"weights", "w.pt"}, {"classes", "c.txt"}}},
          {"unsupervised", true},
          {"txt2img",
           {{"stable_diffusion_model", "sd"},
            {"seed_range", {{"min", 10}, {"max", 99}}},
            {"seed_count_per_prompt", 2},
            {"object_names", {"car", "bus"}},
            {"view_points", {"rear", "front"}},
            {"times_of_day", {"day"}},
            {"sky_conditions", {"clear", "clouds"}},
            {"weather_conditions", {"good"}},
            {"prompts",
             {"a {view_point} view of a {object_name}, {sky_condition} sky, {weather_condition} "
              "weather, {time_of_day}"}}}}};
}

class DiffuGenConfigs : public ::testing::Test {
 protected:
  // One key per line, so that lines can be told.
  DiffuGenConfig load(const Json& json) { return load_text(json.dump(1)); }
  DiffuGenConfig load_text(const std::string& text) {
    core::write_file_atomic(folder_ / "c.json", text);
    return load_diffugen_config(folder_ / "c.json");
  }
  void refused(const Json& json, const std::string& text) {
    EXPECT_ERSATZ_ERROR(load(json), ExitCode::kUsage, text);
  }

  test::TemporaryFolder folder_;
};

TEST_F(DiffuGenConfigs, PublishedFilesAreTakenUnchanged) {
  ERSATZ_REQUIRE_SHARED(folder, "data/diffugen");
  const DiffuGenConfig cars = load_diffugen_config(folder / "cars.json");
  EXPECT_EQ(count_combinations(*cars.txt2img), 480);
  EXPECT_EQ(expand(*cars.txt2img).size(), 480U);
  EXPECT_TRUE(cars.remarks.empty());
  EXPECT_EQ(cars.inpaint->replacements.size(), 4U);
  EXPECT_EQ(cars.inpaint->replacements[1].first, "sedan");
  EXPECT_EQ(cars.img2img->weathers.size(), 4U);
  const DiffuGenConfig accident = load_diffugen_config(folder / "car-accident.json");
  EXPECT_EQ(count_combinations(*accident.txt2img), 288);
  EXPECT_EQ(accident.txt2img->embedding_token, "<car-accident>");
  ASSERT_EQ(accident.remarks.size(), 1U);
  EXPECT_THAT(accident.remarks[0].text, HasSubstr("'sky_conditions' is in no template"));
  const DiffuGenConfig piano = load_diffugen_config(folder / "piano-road-textual-inversion.json");
  EXPECT_EQ(expand(*piano.txt2img).size(), 12U);
  ASSERT_EQ(piano.remarks.size(), 3U);
  EXPECT_THAT(piano.remarks[0].text, HasSubstr("image_count"));
  EXPECT_THAT(piano.remarks[1].text, HasSubstr("'piano' is not among dataset_classes"));
  EXPECT_EQ(expand(*load_diffugen_config(folder / "piano-road.json").txt2img).size(), 12U);
}

TEST_F(DiffuGenConfigs, EveryMissingKeyIsNamedOnce) {
  for (const char* pointer : {"/dataset_name",
                              "/dataset_root",
                              "/image_format",
                              "/image_size",
                              "/image_size/width",
                              "/image_size/height",
                              "/steps",
                              "/dataset_classes",
                              "/dataset_to_model_class_map",
                              "/label_model",
                              "/label_model/type",
                              "/label_model/weights",
                              "/label_model/classes",
                              "/unsupervised",
                              "/txt2img/stable_diffusion_model",
                              "/txt2img/seed_range",
                              "/txt2img/seed_range/min",
                              "/txt2img/seed_range/max",
                              "/txt2img/seed_count_per_prompt",
                              "/txt2img/object_names",
                              "/txt2img/view_points",
                              "/txt2img/times_of_day",
                              "/txt2img/sky_conditions",
                              "/txt2img/weather_conditions",
                              "/txt2img/prompts"}) {
    const Json::json_pointer where(pointer);
    Json json = small_config();
    json.at(where.parent_pointer()).erase(where.back());
    refused(json, fmt::format("'{}' is missing", where.back()));
    json = small_config();
    json[where] = nullptr;
    refused(json, fmt::format("'{}': ", where.back()));
  }
  Json json = small_config();
  json.erase("txt2img");
  refused(json, "there is nothing to generate");
}

TEST_F(DiffuGenConfigs, MistakesHaveALineAndAProposal) {
  Json json = small_config();
  json["stepps"] = 3;
  refused(json, "c.json:");
  refused(json, "unknown key 'stepps'");
  refused(json, "did you mean 'steps'?");
  EXPECT_ERSATZ_ERROR(load_text("{\n \"dataset_name\": \"a\",\n \"dataset_root\": 5\n}"),
                      ExitCode::kUsage, "c.json:3: 'dataset_root': a text is expected, not number");
  EXPECT_ERSATZ_ERROR(load_text("{\n \"steps\":"), ExitCode::kUntrustedData, "c.json");
  EXPECT_ERSATZ_ERROR(load_text("[]"), ExitCode::kUsage, "a JSON object is expected");
  EXPECT_ERSATZ_ERROR(load_text("{\"steps\": 1, \"steps\": 2}"), ExitCode::kUntrustedData, "steps");
  EXPECT_ERSATZ_ERROR(load_diffugen_config(folder_ / "none.json"), ExitCode::kMissing, "none.json");

  const auto with = [&](const char* pointer, const Json& value) {
    Json changed = small_config();
    changed[Json::json_pointer(pointer)] = value;
    return changed;
  };
  refused(with("/dataset_name", "../x"), "the name of a folder");
  refused(with("/image_format", "webp"), "neither png nor jpg");
  refused(with("/image_size/width", 500), "multiple of 8");
  refused(with("/image_size/width", 1e9), "a whole number");
  refused(with("/steps", 0), "0 is not between 1 and 1000");
  refused(with("/steps", std::uint64_t{1} << 63), "is not between");
  refused(with("/dataset_classes", Json::array()), "the list is empty");
  refused(with("/dataset_classes", {"car", "car"}), "'car' twice");
  refused(with("/dataset_to_model_class_map/van", "car"), "'van': is not among dataset_classes");
  refused(with("/label_model/type", "SAM"), "'SAM' is not known");
  refused(with("/txt2img/seed_range/max", 9), "9 is below min, 10");
  refused(with("/txt2img/seed_count_per_prompt", 91), "91 different seeds");
  refused(with("/txt2img/view_points/0", ""), "an empty text");
  refused(with("/txt2img/view_points/1", 7), "a text is expected, not number");
  refused(with("/txt2img/prompts/0", "a {view_pont} of a {object_name}"),
          "did you mean {view_point}?");
  refused(with("/txt2img/prompts/0", "a {view_point} view"), "without {object_name}");
  refused(with("/inpaint", {{"stable_diffusion_model", "s"}, {"source_dataset", "d"}}),
          "what may stand in its place");
  refused(with("/inpaint",
               {{"stable_diffusion_model", "s"}, {"source_dataset", "d"}, {"cra", {"red car"}}}),
          "did you mean 'car'?");
}

TEST_F(DiffuGenConfigs, WhatThePublishedCodePassesOverIsRemarked) {
  Json json = small_config();
  json["deterministic"] = false;
  json["txt2img"]["image_count"] = 5;
  json["txt2img"]["object_names"] = {"car", "tram"};
  json["txt2img"]["prompts"] = {"a {object_name} in the {time_of_day}, {weather_condition}"};
  const DiffuGenConfig config = load(json);
  std::string all;
  std::uint32_t line = 0;
  for (const DiffuGenRemark& remark : config.remarks) {
    EXPECT_GE(remark.line, line);
    line = remark.line;
    all += remark.text + "\n";
  }
  EXPECT_THAT(all, HasSubstr("'deterministic' is false"));
  EXPECT_THAT(all, HasSubstr("image_count"));
  EXPECT_THAT(all, HasSubstr("'tram' is not among dataset_classes"));
  EXPECT_THAT(all, HasSubstr("'view_points' is in no template: its 2 values"));
  EXPECT_THAT(all, HasSubstr("'sky_conditions' is in no template: its 2 values"));
  EXPECT_EQ(config.remarks.size(), 5U);
  EXPECT_EQ(expand(*config.txt2img).size(), 5U) << "image_count is honoured";
}

TEST_F(DiffuGenConfigs, ExpandInThePublishedOrder) {
  const DiffuGenConfig config = load(small_config());
  const std::vector<DiffuGenPicture> pictures = expand(*config.txt2img);
  ASSERT_EQ(pictures.size(), 2U * 2 * 2 * 2);
  EXPECT_EQ(pictures[0].prompt, "a rear view of a car, clear sky, good weather, day");
  EXPECT_EQ(pictures[1].prompt, pictures[0].prompt) << "two seeds";
  EXPECT_NE(pictures[1].seed, pictures[0].seed);
  EXPECT_EQ(pictures[2].attributes.sky_condition, "clouds");
  EXPECT_EQ(pictures[4].attributes.object_name, "bus");
  EXPECT_EQ(pictures[8].attributes.view_point, "front");
  EXPECT_EQ(pictures[15].index, 15);
  EXPECT_EQ(file_stem(pictures[4]), fmt::format("bus_rear_day_clear_good_3_{}", pictures[4].seed));
  for (const DiffuGenPicture& picture : pictures) {
    EXPECT_GE(picture.seed, 10);
    EXPECT_LE(picture.seed, 99);
  }
}

TEST_F(DiffuGenConfigs, TooManyPicturesAreCountedNotMade) {
  Json json = small_config();
  json["txt2img"]["seed_range"]["max"] = 2'000'000'000;
  json["txt2img"]["seed_count_per_prompt"] = 125'000'000;
  const DiffuGenConfig config = load(json);
  EXPECT_EQ(count_combinations(*config.txt2img), 1'000'000'000);
  EXPECT_ERSATZ_ERROR(expand(*config.txt2img), ExitCode::kUsage, "asks for 1000000000 pictures");
}

TEST_F(DiffuGenConfigs, SeedsBeyondThePicturesAreNotDrawn) {
  Json json = small_config();
  json["txt2img"]["seed_range"]["max"] = 1'000'100;
  json["txt2img"]["image_count"] = 1;
  json["txt2img"]["seed_count_per_prompt"] = 1'000'000;
  EXPECT_EQ(expand(*load(json).txt2img).size(), 1U);
  json["txt2img"]["seed_count_per_prompt"] = 1'000'001;
  EXPECT_ERSATZ_ERROR(expand(*load(json).txt2img), ExitCode::kUsage, "1000001 seeds per prompt");
}

TEST(DiffuGenPictures, FileNamesHoldNoPaths) {
  DiffuGenPicture picture;
  picture.attributes = {"rear/left", "../car", "day", "a:b", "fog\n"};
  EXPECT_EQ(file_stem(picture), "..-car_rear-left_day_a-b_fog-_1_0");
}

}  // namespace
}  // namespace ersatz::generate
