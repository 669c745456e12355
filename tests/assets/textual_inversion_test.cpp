// Whether mini-SD can be taught a thing that it never saw: grand pianos, which its training held
// out, by textual inversion as a user does it. DiffuGen's figures 3 and 6 show such pictures; the
// share of pictures that a classifier of scenes takes for grand pianos is the number.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "assets/mini_sd_samples.h"
#include "assets/scene_judges.h"
#include "compute/threads.h"
#include "core/file_system.h"
#include "core/toml.h"
#include "data/images/png_codec.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

constexpr std::uint64_t kFresh = 940'000;     // seeds nobody looked at while choosing settings
constexpr std::uint64_t kConceptSeed = 8181;  // of the pianos that are shown
constexpr std::int64_t kPictures = 40;
constexpr const char* kToken = "<grand-piano>";

class MiniSdInversion : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_mini_sd()) GTEST_SKIP() << "assets/mini-sd holds no model: make train-mini-sd";
    compute::use_threads();
  }
};

// The recipe the model was made with, which its folder holds.
double share_of_pianos() {
  const toml::table recipe = core::read_toml(mini_sd() / "recipe.resolved.toml");
  const auto share = recipe.at_path("data.grand_piano").value<double>();
  return share.value_or(-1);
}

// Six pictures of black pianos, as somebody would take them of one thing.
void draw_concept(const std::filesystem::path& folder) {
  for (int i = 0; i < 6; ++i) {
    data::SceneRequest request;
    request.kind = data::SceneKind::kGrandPiano;
    request.fixed = {{"colour", "black"}, {"view", "side"}};
    core::write_file_atomic(folder / fmt::format("{}.png", i),
                            data::encode_png(data::draw_scene(request, kConceptSeed, i).image));
  }
}

void learn(const std::filesystem::path& concept_folder, const std::filesystem::path& templates,
           const std::filesystem::path& out) {
  const std::string command = fmt::format(
      "'{}/ersatz-train' train textual-inversion --model '{}' --concept '{}' --token '{}' "
      "--initializer car --vectors 4 --template '{}' --steps 800 --batch 8 --learning-rate 1e-3 "
      "--seed 1 --out '{}' --quiet --progress none",
      ERSATZ_BIN_DIR, mini_sd().string(), concept_folder.string(), kToken, templates.string(),
      out.string());
  const CommandResult result = run_command(command);
  ASSERT_EQ(result.exit_status, 0) << command << "\n" << result.errors;
}

TEST_F(MiniSdInversion, DrawsAThingItNeverSaw) {
  ASSERT_EQ(share_of_pianos(), 0) << "pianos are no new thing to this model";
  const TemporaryFolder folder;
  draw_concept(folder / "pianos");
  core::write_file_atomic(folder / "templates.txt", "a photo of a {}\na photo of the {}\n");
  learn(folder / "pianos", folder / "templates.txt", folder / "learned");

  const AttributeJudge judge(data::scene_kinds());
  ASSERT_GT(judge.accuracy(), 0.93);
  const std::string piano(data::scene_kind_name(data::SceneKind::kGrandPiano));
  const auto label = static_cast<std::uint8_t>(
      std::find(judge.values().begin(), judge.values().end(), piano) - judge.values().begin());
  const auto share = [&](const std::string& prompt, const std::filesystem::path& embedding) {
    SampleRequest request{prompt, kPictures, kFresh};
    request.embedding = embedding;
    return judge.share_right(
        photos_of(make_samples(request), judge.values(), label, AttributeJudge::kSide));
  };
  // What the vectors were before their first step: the row of the initializer, four times.
  const double before = share("a photo of a car car car car", {});
  // The thing's ordinary name, which means nothing to this model (the paper's figure 6).
  const double by_name = share("a photo of a grand piano", {});
  const double after = share(fmt::format("a photo of a {}", kToken),
                             folder / "learned" / "learned_embeds.safetensors");
  RecordProperty("pianos", fmt::format("before {:.3f}, by name {:.3f}, after {:.3f} (judge {:.3f})",
                                       before, by_name, after, judge.accuracy()));
  EXPECT_LE(before, 0.1);
  EXPECT_LE(by_name, 0.1);
  EXPECT_GE(after, 0.6);
}

}  // namespace
}  // namespace ersatz::test
