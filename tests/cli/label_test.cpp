// `ersatz label`, with models of random weights and with heat maps that were kept.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <torch/types.h>

#include <chrono>
#include <cmath>

#include "cli/cli_fixture.h"
#include "cli/diffugen_fixture.h"
#include "core/json.h"
#include "data/images/png_codec.h"
#include "models/segmentation/small_segmenter.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;

class Label : public ::testing::Test {
 protected:
  CommandResult run(const std::string& arguments) const {
    return shop_.ersatz("label " + arguments + " --device cpu");
  }
  CommandResult ok(const std::string& arguments) const {
    CommandResult result = run(arguments);
    EXPECT_EQ(result.exit_status, 0) << arguments << "\n" << result.errors;
    return result;
  }
  Json instances(const std::string& folder) const { return shop_.json(folder + "/instances.json"); }
  void picture(const std::string& name, int width, int height) const {
    data::RgbImage image{width, height, {}};
    for (int i = 0; i < width * height * 3; ++i) {
      image.pixels.push_back(static_cast<std::uint8_t>(i * 7 % 251));
    }
    fs::create_directories((shop_ / name).parent_path());
    write_text(shop_ / name, data::encode_png(image));
  }
  // Hot within `radius` px of the middle.
  void heat_map(const std::string& name, int width, int height, int radius) const {
    data::RgbImage image{width, height, {}};
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const bool hot = std::hypot(x - width / 2, y - height / 2) < radius;
        image.pixels.insert(image.pixels.end(), 3, hot ? 250 : 5);
      }
    }
    write_text(shop_ / name, data::encode_png(image));
  }
  DatasetWorkshop shop_;
};

TEST_F(Label, ADiffuGenTaskGetsItsOwnLabelsAgain) {
  ASSERT_EQ(shop_.run("--task txt2img --limit 2 --recipe fixed").exit_status, 0);
  const CommandResult result =
      ok("out/cars/txt2img --method daam --classes car,suv --out again --json");
  EXPECT_EQ(Json::parse(result.output).at("pictures"), 2);
  EXPECT_EQ(Json::parse(result.output).at("method"), "attention/fixed");
  ASSERT_EQ(
      shop_.ersatz("export out/cars/txt2img --from diffugen --to coco --out own.json").exit_status,
      0);
  const Json own = shop_.json("own.json"), again = instances("again");
  ASSERT_EQ(again.at("annotations").size(), own.at("annotations").size());
  for (std::size_t i = 0; i < own.at("annotations").size(); ++i) {
    EXPECT_EQ(again.at("annotations")[i].at("bbox"), own.at("annotations")[i].at("bbox"));
  }
  const CommandResult compared =
      shop_.ersatz("eval labels --gt own.json --pred again/instances.json --any-class --json");
  EXPECT_EQ(Json::parse(compared.output).at("right"), own.at("annotations").size())
      << compared.errors;
}

TEST_F(Label, AModelLooksAtPicturesOfAnySize) {
  picture("photos/a/one.png", 70, 45);
  picture("photos/two.png", 64, 64);
  const std::string command = fmt::format(
      "photos --method daam --model '{}' --prompt 'a dog and a cat' --classes dog,pet=cat,cow "
      "--looks 2 --format yolo-segment --draw --out found",
      shop_.model().string());
  ok(command);
  EXPECT_EQ(shop_.files("found/labels", ".txt"),
            (std::vector<std::string>{"a/one.txt", "two.txt"}));
  EXPECT_TRUE(fs::exists(shop_ / "found/drawn/a/one.jpg"));
  // Nothing is looked at twice, and other settings are refused.
  const std::string before = read_text(shop_ / "found/found.jsonl");
  ok(command);
  EXPECT_EQ(read_text(shop_ / "found/found.jsonl"), before);
  const CommandResult other = run(command + " --seed 3");
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.errors, HasSubstr("another seed"));
  const CommandResult shares = run(command + " --normalise");
  EXPECT_EQ(shares.exit_status, 2);
  EXPECT_THAT(shares.errors, HasSubstr("normalise"));
  ok(command + " --normalise --overwrite");
  EXPECT_NE(read_text(shop_ / "found/found.jsonl"), before);
}

TEST_F(Label, ASmallSegmenterLabels) {
  picture("photos/one.png", 48, 32);
  models::SmallSegmenter network({{"car", "bus"}, 4}, 1);
  models::save_small_segmenter(shop_ / "small.safetensors", network);
  const CommandResult result =
      ok("photos --method segmenter --weights small.safetensors --classes auto=car --conf 0 --out "
         "found --json");
  EXPECT_EQ(Json::parse(result.output).at("method"), "segmenter/small");
  EXPECT_EQ(instances("found").at("categories")[0].at("name"), "auto");
}

TEST_F(Label, PicturesAndMapsThatChangedAreLookedAtAgain) {
  picture("photos/one.png", 48, 32);
  picture("photos/two.png", 48, 32);
  heat_map("photos/one.car.attention.png", 48, 32, 8);
  heat_map("photos/two.car.attention.png", 48, 32, 8);
  const std::string command = "photos --method daam --classes car --out ";
  ok(command + "found");
  heat_map("photos/one.car.attention.png", 48, 32, 24);
  picture("photos/two.png", 32, 32);
  ok(command + "found");
  ok(command + "fresh");
  EXPECT_EQ(read_text(shop_ / "found/found.jsonl"), read_text(shop_ / "fresh/found.jsonl"));
  EXPECT_EQ(instances("found"), instances("fresh"));
  EXPECT_EQ(instances("found").at("images")[1].at("width"), 32);
}

TEST_F(Label, WhatItWroteIsNoPicture) {
  picture("photos/one.png", 48, 32);
  heat_map("photos/one.car.attention.png", 48, 32, 8);
  for (int time = 0; time < 2; ++time) {
    const CommandResult result =
        ok("photos --method daam --draw --json --out photos/found --classes car");
    EXPECT_EQ(Json::parse(result.output).at("pictures"), 1);
  }
  const CommandResult within = run("photos --method daam --classes car --overwrite --out photos");
  EXPECT_EQ(within.exit_status, 2);
  EXPECT_THAT(within.errors, HasSubstr("photos lies in the folder of --out"));
}

// Folders are read once, not once for each picture.
TEST_F(Label, ManyPicturesAreListedAtOnce) {
  constexpr int kMany = 20'000;
  for (int i = 0; i < kMany; ++i) write_text(shop_ / fmt::format("many/{:05}.png", i), "");
  heat_map("many/00000.car.attention.png", 48, 32, 8);
  const auto begin = std::chrono::steady_clock::now();
  const CommandResult result = run("many --method daam --classes car --out found");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(result.exit_status, 30) << result.errors;  // the first of them is empty
  EXPECT_THAT(result.errors, HasSubstr("00000.png"));
  EXPECT_LT(seconds.count(), 30);
}

TEST_F(Label, MistakesAreNamed) {
  picture("photos/one.png", 64, 64);
  const std::string model = fmt::format("--model '{}' ", shop_.model().string());
  const auto refused = [&](const std::string& arguments, int status, const std::string& message) {
    const CommandResult result = run(arguments + " --out found");
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(message)) << arguments;
  };
  refused("nowhere --method daam --classes car", 40, "no file or folder nowhere");
  refused("photos --method segmenter --classes car", 2, "needs a network");
  refused("photos --method segmenter --classes car --weights none.pt", 40, "no weight file");
  refused("--classes car,bus photos --method daam", 2, "no heat map of a class beside");
  refused("--classes car --classes car photos --method daam", 2, "'car' is there twice");
  refused("photos --method daam --classes caf\xe9", 2, "--classes caf\\xe9 is not UTF-8");
  fs::create_directories(shop_ / "empty");
  refused("empty --method daam --classes car", 40, "no PNG or JPEG");
  heat_map("maps/one.car.attention.png", 48, 32, 8);
  refused("maps --method daam --classes car", 40, "only heat maps");
  refused("photos --method daam --classes car,car=suv", 2, "'car' is there twice");
  refused("photos --method daam --classes =car", 2, "neither CLASS nor CLASS=FOUND_AS");
  refused("photos --method daam --classes car", 2, "no heat map of a class beside");
  refused("photos --method daam --classes car --prompt 'a car'", 2, "without a model");
  refused("photos --method daam --classes car --normalise", 2, "--normalise without a model");
  refused("photos --method daam --classes car,bus " + model, 2, "does not say what it shows");
  refused("photos --method daam --classes car --prompt 'a bus' " + model, 2,
          "names none of the classes");
  refused("photos --method daam --classes car --least-noise 0.8 " + model, 2, "is above");
  EXPECT_FALSE(fs::exists(shop_ / "found/instances.json"));
}

}  // namespace
}  // namespace ersatz::test
