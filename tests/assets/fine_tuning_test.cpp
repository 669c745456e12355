// Whether mini-SD, fine-tuned as a user does it, takes on the look of a few pictures and keeps the
// rest: DreamBooth with prior preservation on twenty orchards of the "camera" domain, of which its
// training saw none.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "assets/mini_sd_samples.h"
#include "assets/scene_judges.h"
#include "compute/threads.h"
#include "core/file_system.h"
#include "data/images/png_codec.h"
#include "evaluate/kernel_distance.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

using data::SceneKind;

constexpr std::uint64_t kFresh = 960'000;     // seeds nobody looked at while choosing settings
constexpr std::uint64_t kLearnedSeed = 7373;  // of the orchards that are shown
constexpr std::uint64_t kOtherSeed = 7474;    // of those the result is compared with
constexpr std::int64_t kOrchards = 30, kFruitsOfAKind = 6;
constexpr const char* kClass = "a photo of apples on a tree in an orchard";
constexpr const char* kInstance = "a photo of sks apples on a tree in an orchard";
constexpr const char* kCamera = "camera orchard";
const std::vector<std::string> kSets = {"orange", "peach",       "kiwi", "tomato",
                                        "banana", "web orchard", kCamera};
constexpr std::size_t kFruits = 5;

data::RgbImage orchard(double domain, std::uint64_t seed, std::int64_t index) {
  data::SceneRequest request;
  request.kind = SceneKind::kAppleTree;
  request.domain = domain;
  return data::draw_scene(request, seed, index).image;
}

data::RgbImage picture_of(std::size_t set, std::uint64_t seed, std::int64_t index) {
  if (set >= kFruits) {
    return orchard(kSets[set] == kCamera ? data::kCameraDomain : data::kWebDomain, seed, index);
  }
  data::SceneRequest request;
  request.fixed = {{"fruit", kSets[set]}};
  return data::draw_scene(request, seed, index).image;
}

std::uint8_t label_of(const std::string& set) {
  return static_cast<std::uint8_t>(std::find(kSets.begin(), kSets.end(), set) - kSets.begin());
}

std::string fruit_prompt(const std::string& fruit) {
  const bool es = fruit == "peach" || fruit == "tomato";
  return fmt::format("a photo of whole {}{} on the table. top view", fruit, es ? "es" : "s");
}

void fine_tune(const std::filesystem::path& pictures, const std::filesystem::path& out) {
  for (int i = 0; i < 20; ++i) {
    core::write_file_atomic(pictures / fmt::format("{:02}.png", i),
                            data::encode_png(orchard(data::kCameraDomain, kLearnedSeed, i)));
  }
  const std::string command = fmt::format(
      "'{}/ersatz-train' train dreambooth --model '{}' --pictures '{}' --prompt '{}' "
      "--class-prompt '{}' --class-count 24 --class-steps 15 --class-batch 12 --steps 150 "
      "--batch 4 --learning-rate 1e-4 --seed 1 --out '{}' --quiet --progress none",
      ERSATZ_BIN_DIR, mini_sd().string(), pictures.string(), kInstance, kClass, out.string());
  const CommandResult result = run_command(command);
  ASSERT_EQ(result.exit_status, 0) << command << "\n" << result.errors;
}

// What a model draws, as the judge sees it.
struct Drawn {
  double distance = 0;  // of its orchards to the camera's: kernel distance of features
  double camera = 0;    // share of its orchards that the judge takes for the camera's
  double fruits = 0;    // share of its fruits that are recognised
};

Drawn draw(const AttributeJudge& judge, const std::filesystem::path& model,
           const std::string& prompt, const train::PhotoFeatures& wanted) {
  const auto photos = [&](const std::string& text, std::int64_t count, const std::string& set) {
    SampleRequest request{text, count, kFresh};
    request.steps = 15;
    request.model = model;
    return photos_of(make_samples(request), kSets, label_of(set), AttributeJudge::kSide);
  };
  Drawn drawn;
  const data::PhotoSet orchards = photos(prompt, kOrchards, kCamera);
  drawn.camera = judge.share_right(orchards);
  drawn.distance =
      evaluate::polynomial_mmd(judge.features(orchards).values, wanted.values, wanted.width);
  for (std::size_t i = 0; i < kFruits; ++i) {
    drawn.fruits +=
        judge.share_right(photos(fruit_prompt(kSets[i]), kFruitsOfAKind, kSets[i])) / kFruits;
  }
  return drawn;
}

TEST(MiniSdFineTuning, TakesOnTheCamerasLookAndKeepsItsFruits) {
  if (!has_mini_sd()) GTEST_SKIP() << "assets/mini-sd holds no model: make train-mini-sd";
  compute::use_threads();
  const TemporaryFolder folder;
  fine_tune(folder / "orchards", folder / "tuned");

  const AttributeJudge judge(kSets, [](std::size_t set, std::int64_t index) {
    return picture_of(set, kOtherSeed, index);
  });
  ASSERT_GT(judge.accuracy(), 0.9);
  const train::PhotoFeatures wanted = judge.features(data::prepare_photos(
      kSets, std::vector<std::uint8_t>(200, label_of(kCamera)),
      [](std::int64_t i) { return orchard(data::kCameraDomain, kOtherSeed + 1, i); },
      {AttributeJudge::kSide, AttributeJudge::kSide}));
  const Drawn before = draw(judge, mini_sd(), kClass, wanted);
  const Drawn after = draw(judge, folder / "tuned" / "model", kInstance, wanted);
  RecordProperty("distance", fmt::format("{:.4f} -> {:.4f}", before.distance, after.distance));
  RecordProperty("camera", fmt::format("{:.3f} -> {:.3f}", before.camera, after.camera));
  RecordProperty("fruits", fmt::format("{:.3f} -> {:.3f} (judge {:.3f})", before.fruits,
                                       after.fruits, judge.accuracy()));
  EXPECT_LT(after.distance, 0.7 * before.distance);
  EXPECT_GE(after.camera, before.camera + 0.25);
  EXPECT_GE(after.fruits, before.fruits - 0.1);
}

}  // namespace
}  // namespace ersatz::test
