// The smoke profile of the clothing experiment, end to end, and pictures of what it trained.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/metrics.h"
#include "core/run_directory.h"
#include "experiments/run_fixture.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kArms = {"baseline", "foreground", "large_batch", "half_data"};

// The only file of this name in the cache folder of a kind of stages.
fs::path only_file(const ExperimentRun& run, const std::string& kind, const std::string& name) {
  fs::path found;
  for (const auto& entry : fs::recursive_directory_iterator(run.folder() / "runs/cache" / kind)) {
    if (entry.path().filename() != name) continue;
    EXPECT_TRUE(found.empty()) << found << " and " << entry.path();
    found = entry.path();
  }
  EXPECT_FALSE(found.empty()) << kind << "/" << name;
  return found;
}

class Clothing : public ::testing::Test {
 protected:
  Clothing() : clothing_("clothing") {}
  core::MetricTable metrics(const fs::path& results) const {
    return core::MetricTable::from_json(core::read_json(results / "metrics.json").at("metrics"));
  }
  CommandResult ersatz(const std::string& arguments) const {
    return run_command(fmt::format("cd '{0}' && ERSATZ_RUNS='{0}/runs' '{1}/ersatz' {2}",
                                   clothing_.folder().string(), ERSATZ_BIN_DIR, arguments));
  }

  ExperimentRun clothing_;
};

TEST_F(Clothing, EveryCellIsFilledAndPicturesCanBeMade) {
  const CommandResult run = clothing_.run("--profile smoke");
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  const fs::path results = clothing_.results("smoke");
  const core::MetricTable found = metrics(results);
  const auto value = [&](const std::string& id) {
    const core::Metric* metric = found.find_address(id);
    EXPECT_NE(metric, nullptr) << id;
    return metric == nullptr || metric->values.empty() ? -1.0 : metric->values.front();
  };
  // One training of the article's GAN, two of each arm.
  EXPECT_EQ(found.find("article.recognised")->values.size(), 1U);
  EXPECT_EQ(found.find("article.recognised")->sample_count, 18);
  EXPECT_GT(value("article.frechet"), 0);
  EXPECT_GT(value("article.nearest_ratio"), 0);
  EXPECT_GE(value("article.near"), 0);
  double row = 0;
  for (const char* taken : {"dress", "pants", "t-shirt"}) {
    row += value(fmt::format("article.confusion.pants.{}", taken));
  }
  EXPECT_NEAR(row, 100, 1e-9);
  for (const std::string& arm : kArms) {
    for (const char* measure :
         {"recognised", "frechet", "kernel", "diversity", "near", "use_accuracy"}) {
      const std::string id = fmt::format("comparison.{}.{}", arm, measure);
      ASSERT_NE(found.find(id), nullptr) << id;
      EXPECT_EQ(found.find(id)->values.size(), 2U) << id << found.find(id)->not_run;
    }
  }
  // Half the pictures are another set; the larger batch makes fewer updates.
  EXPECT_NE(value("comparison.baseline.frechet"), value("comparison.half_data.frechet"));
  EXPECT_NE(value("comparison.baseline.frechet"), value("comparison.large_batch.frechet"));
  for (const char* id :
       {"use.real.accuracy@9", "use.real.accuracy@36", "use.real_generated.accuracy@36",
        "use.generated.accuracy", "use.share.real.accuracy", "use.share.real_generated.accuracy",
        "real_test.recognised", "real_test_foreground.recognised"}) {
    EXPECT_GE(value(id), 0) << id;
  }
  EXPECT_EQ(found.find_address("use.real.accuracy@36")->sample_count, 12);
  for (const int epoch : {1, 2, 3, 4}) {
    EXPECT_GT(value(fmt::format("training.generator_loss@{}", epoch)), 0) << epoch;
    EXPECT_GE(value(fmt::format("training.discriminator_accuracy_fake@{}", epoch)), 0) << epoch;
  }
  EXPECT_GT(value("progress.frechet@2"), 0);
  // The last snapshot is the finished generator.
  EXPECT_EQ(core::read_file(only_file(clothing_, "gan", "generator-0004.safetensors")),
            core::read_file(only_file(clothing_, "gan", "generator.safetensors")));
  for (const char* file :
       {"report.md", "plots/losses.svg", "plots/use.png", "pictures/real.png",
        "pictures/generated.png", "pictures/nearest.png", "pictures/generated_foreground.png"}) {
    EXPECT_TRUE(fs::exists(results / file)) << file;
  }
  EXPECT_NE(core::read_file(results / "report.md").find("stand-in data"), std::string::npos);

  // Nothing is computed twice, and the result is the same.
  const std::string before = core::read_file(results / "metrics.json");
  ASSERT_EQ(clothing_.run("--profile smoke").exit_status, 0);
  EXPECT_EQ(core::read_file(results / "metrics.json"), before);

  // Pictures of the newest run, of one of its other generators, and of the file itself.
  const CommandResult made = ersatz("generate cgan --class dress --count 5 --seed 1 -q");
  ASSERT_EQ(made.exit_status, 0) << made.errors;
  const fs::path folder = clothing_.folder() / "cgan-dress-1";
  EXPECT_TRUE(fs::exists(folder / "dress_00004.png") && fs::exists(folder / "sheet.png"));
  EXPECT_EQ(core::read_json(folder / "cgan.json").at("stage"), "gan/article/seed-1");
  const std::string picture = core::read_file(folder / "dress_00002.png");
  const std::string weights = only_file(clothing_, "gan", "generator.safetensors").string();
  ASSERT_EQ(
      ersatz(fmt::format("generate cgan --weights '{}' --count 3 --seed 1 --out all", weights))
          .exit_status,
      0);
  EXPECT_EQ(core::read_file(clothing_.folder() / "all/dress_00002.png"), picture);
  ASSERT_EQ(
      ersatz("generate cgan --stage gan/foreground --count 3 --seed 1 --out other").exit_status, 0);
  EXPECT_NE(core::read_file(clothing_.folder() / "other/dress_00002.png"), picture);
  const CommandResult wrong = ersatz("generate cgan --stage gan/background --out x");
  EXPECT_EQ(wrong.exit_status, 40);
  EXPECT_NE(wrong.errors.find("has no stage 'gan/background'"), std::string::npos) << wrong.errors;
}

TEST_F(Clothing, WithoutComparisonItsCellsSayWhy) {
  const CommandResult run = clothing_.run("--profile smoke -o 'comparison.arms=[]'");
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  const core::MetricTable found = metrics(clothing_.run_folder() / "results/clothing/smoke");
  for (const char* id : {"comparison.baseline.recognised", "comparison.half_data.use_accuracy",
                         "use.share.real.accuracy"}) {
    ASSERT_NE(found.find(id), nullptr) << id;
    EXPECT_TRUE(found.find(id)->values.empty()) << id;
    EXPECT_NE(found.find(id)->not_run.find("comparison.arms"), std::string::npos) << id;
  }
  ASSERT_NE(found.find("real_test_foreground.frechet"), nullptr);
  EXPECT_TRUE(found.find("real_test_foreground.frechet")->values.empty());
  EXPECT_EQ(found.find("use.real_generated.accuracy", 9)->values.size(), 2U);
}

// Killed while the GAN trains: what it trains in the end is the same, bit for bit.
TEST_F(Clothing, KilledWhileTrainingItContinues) {
  const std::string only =
      "--profile smoke -o gan.epochs=150 -o 'gan.snapshots=[20]' -o run.checkpoint_every=20 "
      "--only gan/article";
  const ExperimentRun undisturbed("clothing");
  ASSERT_EQ(undisturbed.run(only).exit_status, 0);
  const fs::path kept = clothing_.folder() / "runs/cache/gan";
  int kills = 0;
  for (double seconds = 0.6; kills < 2 && seconds < 8; seconds += 0.3) {
    if (clothing_.run_and_kill(only, seconds).exit_status != 137) break;
    bool checkpoint = false;
    if (fs::exists(kept)) {
      for (const auto& entry : fs::recursive_directory_iterator(kept)) {
        checkpoint = checkpoint || entry.path().extension() == ".safetensors";
      }
    }
    kills += checkpoint ? 1 : 0;
  }
  ASSERT_GT(kills, 0) << "finished before any kill left a checkpoint behind";
  ASSERT_EQ(clothing_.run(only).exit_status, 0);
  for (const char* file : {"generator.safetensors", "generator-0020.safetensors"}) {
    EXPECT_EQ(core::read_file(only_file(clothing_, "gan", file)),
              core::read_file(only_file(undisturbed, "gan", file)))
        << file;
  }
}

TEST_F(Clothing, MistakesAreNamed) {
  const auto expect = [&](const std::string& arguments, int status, const std::string& text) {
    const CommandResult result = clothing_.run("--profile smoke " + arguments);
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_NE(result.errors.find(text), std::string::npos) << arguments << "\n" << result.errors;
  };
  expect("-o 'comparison.arms=[\"foregrund\"]'", 2, "did you mean 'foreground'?");
  expect("-o data.pictures=clothing46", 2, "did you mean 'clothing64'?");
  expect("-o gan.trainings=0", 2, "gan.trainings is 0");
  expect("-o 'gan.snapshots=[1, 1]'", 2, "gan.snapshots lists 1 twice");
  expect("-o 'use_test.real_images=[0]'", 2, "must be 1 or more");
  expect("-o foreground.shape=circle --only pictures/foreground", 2, "one of: box, ellipse");
  expect("-o gan.batch_size=7 --only gan/article", 2, "a batch of 7");
  expect("-o gan.learning_rate=1e30 --only gan/article", 20, "step");
}

}  // namespace
}  // namespace ersatz::test
