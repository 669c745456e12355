// `ersatz detect`, with a network that was never trained.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/types.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "cli/cli_fixture.h"
#include "core/file_system.h"
#include "core/json.h"
#include "data/images/png_codec.h"
#include "models/detection/detector_zoo.h"
#include "models/detection/yolov8.h"
#include "models/module_state.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;

class Detect : public ::testing::Test {
 protected:
  Detect() {
    fs::create_directories(folder_ / "photos/a");
    for (const char* name : {"photos/a/one.png", "photos/two.png"}) {
      picture(name, 90, 60, 7);
    }
    models::Yolov8Config config;
    config.classes = 2;
    config.masks = true;
    models::Yolov8 network(config);
    models::initialise_yolov8(network, 3);
    models::save_safetensors(folder_ / "w.safetensors", models::module_state(network));
  }
  void picture(const std::string& name, int width, int height, int step) const {
    data::RgbImage image{width, height, {}};
    for (int i = 0; i < width * height * 3; ++i) {
      image.pixels.push_back(static_cast<std::uint8_t>(i * step % 251));
    }
    write_text(folder_ / name, data::encode_png(image));
  }
  std::vector<std::string> files_in(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / folder)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  CommandResult run(const std::string& arguments) const {
    return run_command(fmt::format("cd '{}' && '{}/ersatz' detect {} --device cpu",
                                   folder_.path().string(), ERSATZ_BIN_DIR, arguments));
  }
  // Options with which a network that knows nothing finds something.
  static constexpr const char* kAll =
      "photos --weights w.safetensors --classes cat,dog --conf 0 --max 7 --size 64 ";
  TemporaryFolder folder_;
};

TEST_F(Detect, ResultsDatasetAndDrawings) {
  const CommandResult result = run(std::string(kAll) + "--out out --draw --json");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  const Json summary = Json::parse(result.output);
  EXPECT_EQ(summary.at("pictures"), 2);
  EXPECT_EQ(summary.at("objects"), 14);
  EXPECT_EQ(summary.at("network"), "YOLOv8n-seg, 2 classes");
  const Json results = Json::parse(read_text(folder_ / "out/results.json"));
  ASSERT_EQ(results.size(), 14U);
  EXPECT_EQ(results[0].at("image_id"), 1);
  EXPECT_EQ(results[13].at("image_id"), 2);
  EXPECT_EQ(results[0].at("segmentation").at("size"), Json({60, 90}));
  EXPECT_GE(results[0].at("score").get<double>(), results[1].at("score").get<double>());
  const Json dataset = Json::parse(read_text(folder_ / "out/instances.json"));
  EXPECT_EQ(dataset.at("images")[0].at("file_name"), "a/one.png");
  EXPECT_EQ(dataset.at("annotations").size(), 14U);
  EXPECT_EQ(dataset.at("annotations")[0].at("origin").at("method"), "detector/w");
  EXPECT_TRUE(fs::exists(folder_ / "out/drawn/a/one.jpg"));
  EXPECT_TRUE(fs::exists(folder_ / "out/drawn/two.jpg"));
}

TEST_F(Detect, GoesOnWhereItStoppedWithTheSameSettingsOnly) {
  ASSERT_EQ(run(std::string(kAll) + "--out out").exit_status, 0);
  const std::string whole = read_text(folder_ / "out/results.json");
  // As if it had been killed while it wrote the second picture.
  const std::string lines = read_text(folder_ / "out/found.jsonl");
  write_text(folder_ / "out/found.jsonl", lines.substr(0, lines.size() - 40));
  fs::remove(folder_ / "out/results.json");
  ASSERT_EQ(run(std::string(kAll) + "--out out").exit_status, 0);
  EXPECT_EQ(read_text(folder_ / "out/results.json"), whole);
  EXPECT_EQ(read_text(folder_ / "out/found.jsonl"), lines);
  const CommandResult other = run(std::string(kAll) + "--out out --square");
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.errors, HasSubstr("another square"));
  EXPECT_EQ(run(std::string(kAll) + "--out out --square --overwrite").exit_status, 0);
  write_text(folder_ / "mine/letter.txt", "x");
  const CommandResult foreign = run(std::string(kAll) + "--out mine");
  EXPECT_EQ(foreign.exit_status, 2);
  EXPECT_THAT(foreign.errors, HasSubstr("holds something already: letter.txt"));
  EXPECT_EQ(files_in("mine"), (std::vector<std::string>{"letter.txt"}));
}

TEST_F(Detect, PicturesThatChangedAreLookedAtAgain) {
  ASSERT_EQ(run(std::string(kAll) + "--out out").exit_status, 0);
  const std::string before = read_text(folder_ / "out/found.jsonl");
  picture("photos/two.png", 40, 70, 3);
  ASSERT_EQ(run(std::string(kAll) + "--out out").exit_status, 0);
  const Json dataset = Json::parse(read_text(folder_ / "out/instances.json"));
  EXPECT_EQ(dataset.at("images")[1].at("height"), 70);
  // The other one's row is as it was, and there is one row for each.
  const std::string after = read_text(folder_ / "out/found.jsonl");
  EXPECT_EQ(std::count(after.begin(), after.end(), '\n'), 3);
  EXPECT_EQ(after.substr(0, after.find("\"two.png\"")),
            before.substr(0, before.find("\"two.png\"")));
  const CommandResult fresh = run(std::string(kAll) + "--out fresh");
  EXPECT_EQ(after, read_text(folder_ / "fresh/found.jsonl"));
  // Rows that do not tell of which picture they are.
  std::string old = after;
  const std::string digest = "\"sha256\":\"";
  for (std::size_t at; (at = old.find(digest)) != std::string::npos;) {
    old.erase(at, digest.size() + 64 + 2);
  }
  const std::size_t score = old.find("\"score\":");
  old.replace(score, old.find(',', score) - score, "\"score\":0.125");
  write_text(folder_ / "out/found.jsonl", old);
  ASSERT_EQ(run(std::string(kAll) + "--out out").exit_status, 0);
  EXPECT_EQ(read_text(folder_ / "out/found.jsonl"), after);
}

TEST_F(Detect, RunsOfOneFolderWaitForEachOther) {
  auto lock = std::make_unique<core::FileLock>(folder_ / "out/.found.lock", "out");
  auto running =
      std::async(std::launch::async, [&] { return run(std::string(kAll) + "--out out"); });
  std::this_thread::sleep_for(std::chrono::seconds(4));
  EXPECT_FALSE(fs::exists(folder_ / "out/found.jsonl"));
  lock.reset();
  const CommandResult result = running.get();
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_TRUE(fs::exists(folder_ / "out/results.json"));
}

TEST_F(Detect, WhatAKilledRunLeftBeforeItsFirstLineIsNoContent) {
  // The number of a process that is gone.
  const std::string gone = run_command("echo -n $$").output;
  std::string left = core::partial_path(folder_ / "out/found.jsonl").string();
  const std::string own = fmt::format(".{}@", ::getpid());
  left.replace(left.rfind(own), own.size(), fmt::format(".{}@", gone));
  write_text(left, "half a li");
  const CommandResult result = run(std::string(kAll) + "--out out");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(Detect, WhatItWroteIsNoPicture) {
  const std::string inside = std::string(kAll) + "--out photos/found --draw --json";
  for (int time = 0; time < 2; ++time) {
    const CommandResult result = run(inside);
    ASSERT_EQ(result.exit_status, 0) << result.errors;
    EXPECT_EQ(Json::parse(result.output).at("pictures"), 2);
    EXPECT_TRUE(fs::exists(folder_ / "photos/found/drawn/two.jpg"));
  }
  for (const char* out : {"photos", "photos/a/..", "."}) {
    const CommandResult result = run(std::string(kAll) + "--overwrite --out " + out);
    EXPECT_EQ(result.exit_status, 2) << out;
    EXPECT_THAT(result.errors, HasSubstr("photos lies in the folder of --out")) << out;
  }
  EXPECT_FALSE(fs::exists(folder_ / "found.jsonl"));
}

TEST_F(Detect, NamesThatAreNotUtf8AreNamed) {
  picture("photos/caf\xe9.png", 90, 60, 7);
  for (const char* pictures : {"photos", "photos/caf\xe9.png"}) {
    const CommandResult result =
        run(std::string(pictures) + std::string(kAll).substr(6) + "--out out");
    EXPECT_EQ(result.exit_status, 30) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("photos/caf\\xe9.png")) << pictures;
  }
  fs::remove(folder_ / "photos/caf\xe9.png");
  const CommandResult names =
      run("photos --weights w.safetensors --classes caf\xe9,dog --conf 0 --out out");
  EXPECT_EQ(names.exit_status, 2);
  EXPECT_THAT(names.errors, HasSubstr("caf\\xe9"));
  EXPECT_EQ(run(std::string(kAll) + "--json --out caf\xe9").exit_status, 2);
}

TEST_F(Detect, PicturesMayFollowOnly) {
  const std::string rest = " photos --weights w.safetensors --classes cat,dog --size 64 --out ";
  for (const char* only : {"--only dog", "--only dog,cat", "--only dog --only cat", "--only=dog"}) {
    const CommandResult result = run(only + rest + "out --overwrite");
    EXPECT_EQ(result.exit_status, 0) << only << '\n' << result.errors;
  }
  const CommandResult unknown = run("--only cat --only cow" + rest + "new");
  EXPECT_EQ(unknown.exit_status, 2);
  EXPECT_THAT(unknown.errors, HasSubstr("class 'cow'"));
}

TEST_F(Detect, IdsOfAGroundTruth) {
  write_text(folder_ / "gt.json", R"({
    "images": [{"id": 40, "height": 60, "width": 90, "file_name": "two.png"}],
    "categories": [{"id": 9, "name": "dog"}], "annotations": []})");
  const CommandResult result =
      run(std::string(kAll) + "--out out --gt gt.json --format none --no-masks");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  const Json results = Json::parse(read_text(folder_ / "out/results.json"));
  for (const Json& object : results) {
    EXPECT_EQ(object.at("image_id"), 40);
    EXPECT_EQ(object.at("category_id"), 9);
    EXPECT_FALSE(object.contains("segmentation"));
  }
  EXPECT_FALSE(fs::exists(folder_ / "out/instances.json"));
  write_text(folder_ / "gt.json", R"({"images": [{"id": 1, "height": 6, "width": 9,
    "file_name": "none.png"}], "categories": [], "annotations": []})");
  EXPECT_EQ(run(std::string(kAll) + "--out new --gt gt.json").exit_status, 40);
}

TEST_F(Detect, OtherFormatsAndOneClassOnly) {
  const CommandResult result =
      run(std::string(kAll) + "--only dog --out out --format yolo-segment");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(read_text(folder_ / "out/data.yaml"), HasSubstr("dog"));
  const std::string lines = read_text(folder_ / "out/labels/a/one.txt");
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    EXPECT_EQ(lines[at], '1');
  }
}

TEST_F(Detect, MistakesAreToldInOneLine) {
  const auto refused = [&](const std::string& arguments, int status, const std::string& text) {
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(text)) << arguments;
    EXPECT_FALSE(fs::exists(folder_ / "out")) << arguments;
  };
  const std::string rest = " --weights w.safetensors --out out";
  refused("none" + rest, 40, "none");
  refused("photos --weights none --out out", 40, "no weight file none");
  refused("photos --size 100" + rest, 2, "no multiple of 32");
  refused("photos --conf 2" + rest, 2, "--conf");
  refused("photos" + rest, 2, "have no names");
  refused("photos --classes a,b --only c" + rest, 2, "class 'c'");
  refused("photos --classes a,b --scale m" + rest, 2, "scale n, not m");
  fs::create_directories(folder_ / "empty");
  refused("empty" + rest, 40, "no PNG or JPEG");
  write_text(folder_ / "bad.safetensors", "PK nothing");
  refused("photos --weights bad.safetensors --out out", 30, "bad.safetensors");
}

TEST(TrainDetector, CompletionOffersAllNetworks) {
  EXPECT_THAT(offered_values("train detector", "--model"),
              ::testing::UnorderedElementsAreArray(models::detector_names()));
}

TEST_F(Detect, ProgramsRunOnlyWhenTrusted) {
  torch::jit::Module program("Detector");
  program.define(R"(
def forward(self, x):
    out = torch.zeros([x.size(0), 6, 2])
    out[:, 0:4] = 320.0
    out[:, 4] = 0.8
    return out
)");
  program.save((folder_ / "d.torchscript").string());
  const std::string arguments =
      "photos --weights d.torchscript --classes cat,dog --out out --format none";
  const CommandResult refused = run(arguments);
  EXPECT_EQ(refused.exit_status, 30) << refused.errors;
  EXPECT_THAT(refused.errors, HasSubstr("opening it runs what is written in it"));
  EXPECT_THAT(refused.errors, HasSubstr("--trust"));
  const CommandResult trusted = run(arguments + " --trust");
  ASSERT_EQ(trusted.exit_status, 0) << trusted.errors;
  const Json results = Json::parse(read_text(folder_ / "out/results.json"));
  ASSERT_EQ(results.size(), 2U);  // one of the two places in each picture
  // 160 to 480 px of 640, in a picture that was enlarged from 90 x 60.
  EXPECT_NEAR(results[0].at("bbox")[0].get<double>(), 22.5, 1e-4);
  EXPECT_NEAR(results[0].at("bbox")[2].get<double>(), 45, 1e-4);
}

}  // namespace
}  // namespace ersatz::test
