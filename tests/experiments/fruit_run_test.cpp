// The smoke profile of the fruit experiment, end to end, with a diffusion model of random weights.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "core/file_system.h"
#include "core/metrics.h"
#include "core/run_directory.h"
#include "experiments/run_fixture.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

class Fruit : public ::testing::Test {
 protected:
  Fruit() : fruit_("fruit") {
    const CommandResult made =
        run_command(fmt::format("'{}/ersatz-diffusion' weights random --arch tiny --out '{}'",
                                ERSATZ_BIN_DIR, model().string()));
    EXPECT_EQ(made.exit_status, 0) << made.errors;
  }
  fs::path model() const { return fruit_.folder() / "model"; }
  std::string smoke() const {
    // The tiny model makes pictures of 64 px.
    return fmt::format("--profile smoke -o 'diffusion.model={}' -o diffusion.size=64 ",
                       model().string());
  }
  // Results of a run with overrides stay in its folder.
  fs::path results() const { return fruit_.run_folder() / "results/fruit/smoke"; }
  core::MetricTable metrics() const {
    return core::MetricTable::from_json(core::read_json(results() / "metrics.json").at("metrics"));
  }

  ExperimentRun fruit_;
};

std::string some_diffusion_picture(const fs::path& cache) {
  for (const auto& entry : fs::recursive_directory_iterator(cache / "diffusion")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".png" && name != "samples.png") return entry.path().string();
  }
  return "";
}

TEST_F(Fruit, EveryCellOfBothTablesIsFilled) {
  const CommandResult run = fruit_.run(smoke());
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  const core::MetricTable found = metrics();
  for (const char* set : {"few_shot", "copy_paste", "diffusion", "hybrid"}) {
    for (const char* part : {"test", "validation"}) {
      const core::Metric* accuracy = found.find(fmt::format("{}.{}.accuracy", set, part));
      ASSERT_NE(accuracy, nullptr) << set << part;
      EXPECT_EQ(accuracy->values.size(), 2U) << set << part << accuracy->not_run;
      EXPECT_GT(accuracy->sample_count, 0);
    }
    double row = 0;
    for (const char* taken : {"orange", "kiwi"}) {
      row += found.find(fmt::format("{}.confusion.kiwi.{}", set, taken))->values.at(0);
    }
    EXPECT_NEAR(row, 100, 1e-9) << set;
  }
  // 12 photographs; 3 of 14 copy-paste pictures validate, 2 of the 10 few-shot photographs.
  EXPECT_EQ(found.find("few_shot.test.accuracy")->sample_count, 12);
  EXPECT_EQ(found.find("few_shot.validation.accuracy")->sample_count, 2);
  EXPECT_EQ(found.find("copy_paste.validation.accuracy")->sample_count, 3);
  const auto value = [&](const char* id) { return found.find(id)->values.at(1); };
  EXPECT_NEAR(value("copy_paste.gap"),
              value("copy_paste.validation.accuracy") - value("copy_paste.test.accuracy"), 1e-9);
  EXPECT_NEAR(value("hybrid.above_copy_paste"),
              value("hybrid.test.accuracy") - value("copy_paste.test.accuracy"), 1e-9);
  EXPECT_GT(value("copy_paste.diversity"), 0);
  for (const char* file : {"report.md", "plots/test.svg", "plots/hybrid_confusion.png",
                           "pictures/copy_paste.png", "pictures/diffusion.png"}) {
    EXPECT_TRUE(fs::exists(results() / file)) << file;
  }
  EXPECT_NE(core::read_file(results() / "report.md").find("stand-in data"), std::string::npos);

  // Nothing is computed twice, and the result is the same.
  const std::string before = core::read_file(results() / "metrics.json");
  ASSERT_EQ(fruit_.run(smoke()).exit_status, 0);
  EXPECT_EQ(core::read_file(results() / "metrics.json"), before);
}

TEST_F(Fruit, WithoutADiffusionModelItsRowsSayWhy) {
  const CommandResult run = fruit_.run("--profile smoke -o diffusion.model=");
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  const core::MetricTable found = metrics();
  EXPECT_EQ(found.find("copy_paste.test.accuracy")->values.size(), 2U);
  for (const char* id : {"diffusion.test.accuracy", "hybrid.validation.f1", "diffusion.gap",
                         "hybrid.diversity", "hybrid.above_copy_paste"}) {
    ASSERT_NE(found.find(id), nullptr) << id;
    EXPECT_TRUE(found.find(id)->values.empty()) << id;
    EXPECT_NE(found.find(id)->not_run.find("no diffusion model"), std::string::npos) << id;
  }
}

// Killed while pictures are generated: no picture twice, none missing, the others not made again.
TEST_F(Fruit, KilledWhileGeneratingItContinues) {
  const std::string slow = smoke() + "-o diffusion.steps=60 -o diffusion.batch_size=1 ";
  const std::string only = slow + "--only diffusion";
  const fs::path cache = fruit_.folder() / "runs/cache";
  double seconds = 0.5;
  std::string first;
  for (int tries = 0; tries < 16 && first.empty(); ++tries, seconds *= 1.25) {
    ASSERT_EQ(fruit_.run_and_kill(only, seconds).exit_status, 137)
        << "finished before any kill left a picture behind";
    if (fs::exists(cache / "diffusion")) first = some_diffusion_picture(cache);
  }
  ASSERT_FALSE(first.empty());
  const std::string bytes = core::read_file(first);
  const auto written = fs::last_write_time(first);
  ASSERT_EQ(fruit_.run(only).exit_status, 0);
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(cache / "diffusion")) {
    const fs::path& file = entry.path();
    if (file.extension() != ".png" || file.filename() == "samples.png") continue;
    names.insert(file.parent_path().filename() / file.filename());
    if (file.filename() == fs::path(first).filename() &&
        file.parent_path().filename() == fs::path(first).parent_path().filename()) {
      EXPECT_EQ(core::read_file(file), bytes);
      EXPECT_EQ(fs::last_write_time(file), written) << "was made again";
    }
  }
  EXPECT_EQ(names.size(), 14U) << "7 pictures of each of two classes";
}

TEST_F(Fruit, MistakesAreNamed) {
  const auto expect = [&](const std::string& arguments, int status, const std::string& text) {
    const CommandResult result = fruit_.run(smoke() + arguments);
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_NE(result.errors.find(text), std::string::npos) << arguments << "\n" << result.errors;
  };
  expect("-o diffusion.model=/nonexistent", 2, "unknown");
  expect("-o data.photographs=grocery_frut", 2, "did you mean 'grocery_fruits'?");
  expect("-o copy_paste.mode=glue", 2, "unknown");
  expect("-o cutouts.draws=0", 2, "cutouts.draws is 0");
  expect("-o classifier.network=resnet19 --only classifier/few_shot/1-", 2,
         "did you mean 'resnet10'?");
  // Three pictures of a class cannot be split 80 : 20.
  expect("-o copy_paste.images=2 -o hybrid.images=1 --only classifier/copy_paste/1-", 2,
         "too few to be divided 80 : 20");
  expect("-o data.background_images=0 --only copy-paste", 40, "there is no background");
}

}  // namespace
}  // namespace ersatz::test
