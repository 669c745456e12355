// The smoke profile of the DiffuGen experiment, end to end, with a diffusion model of random
// weights.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/file_system.h"
#include "core/metrics.h"
#include "core/run_directory.h"
#include "experiments/run_fixture.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

class DiffuGen : public ::testing::Test {
 protected:
  DiffuGen() : diffugen_("diffugen") {
    const CommandResult made =
        run_command(fmt::format("'{}/ersatz-diffusion' weights random --arch tiny --out '{}'",
                                ERSATZ_BIN_DIR, model().string()));
    EXPECT_EQ(made.exit_status, 0) << made.errors;
  }
  fs::path model() const { return diffugen_.folder() / "model"; }
  std::string smoke() const {
    // The tiny model makes pictures of 64 px.
    return fmt::format("--profile smoke -o 'diffusion.model={}' -o diffusion.size=64 ",
                       model().string());
  }
  fs::path results() const { return diffugen_.run_folder() / "results/diffugen/smoke"; }
  core::MetricTable metrics() const {
    return core::MetricTable::from_json(core::read_json(results() / "metrics.json").at("metrics"));
  }
  fs::path cached(const std::string& kind) const {
    for (const auto& entry : fs::directory_iterator(diffugen_.folder() / "runs/cache" / kind)) {
      if (entry.is_directory()) return entry.path();
    }
    return {};
  }

  ExperimentRun diffugen_;
};

TEST_F(DiffuGen, EveryTableIsMeasuredOrSaysWhyNot) {
  const CommandResult run = diffugen_.run(smoke());
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  const core::MetricTable found = metrics();
  for (const char* method : {"published", "fixed", "brief", "segmenter"}) {
    for (const char* set : {"web", "camera", "unseen"}) {
      const core::Metric* iou = found.find(fmt::format("scenes.{}.{}.mask_iou", set, method));
      ASSERT_NE(iou, nullptr) << set << method;
      EXPECT_EQ(iou->values.size(), 2U) << set << method << iou->not_run;
      const core::Metric* recall = found.find(fmt::format("scenes.{}.{}.recall", set, method));
      // One object in each of three scenes, and of two with pianos.
      EXPECT_EQ(recall->sample_count, set == std::string("unseen") ? 2 : 3);
    }
    EXPECT_EQ(found.series(fmt::format("crowd.{}.recall", method)).size(), 2U);
    EXPECT_EQ(found.find(fmt::format("crowd.{}.recall", method), 2.0)->sample_count, 4);
  }
  EXPECT_EQ(found.series("calibration.perfect").size(), 10U);
  for (const char* lesson : {"published", "fixed", "brief", "segmenter", "exact"}) {
    const core::Metric* use = found.find(fmt::format("use.{}.camera.mask_iou", lesson));
    ASSERT_NE(use, nullptr) << lesson;
    EXPECT_EQ(use->values.size(), 2U) << lesson << use->not_run;
  }
  EXPECT_EQ(found.find("generated.txt2img.shown")->sample_count, 4);
  EXPECT_NE(found.find("sample.fixed.mask_iou")->not_run.find("nobody has labelled"),
            std::string::npos);
  EXPECT_GT(found.find("diversity.generated.object_name")->not_run.size() +
                found.find("diversity.generated.object_name")->values.size(),
            0U);
  for (const char* file : {"report.md", "plots/scenes.svg", "plots/reliability.svg",
                           "plots/crowd_recall.png", "pictures/scenes.png"}) {
    EXPECT_TRUE(fs::exists(results() / file)) << file;
  }
  EXPECT_NE(core::read_file(results() / "report.md").find("stand-in data"), std::string::npos);

  // What a stage found is what the command finds.
  const fs::path labels = cached("generated-labels");
  const CommandResult compared =
      run_command(fmt::format("'{0}/ersatz' eval labels --gt '{1}/txt2img/segmenter.json' --pred "
                              "'{1}/txt2img/fixed.json' --json",
                              ERSATZ_BIN_DIR, labels.string()));
  EXPECT_EQ(compared.exit_status, 0) << compared.errors;
  EXPECT_EQ(core::Json::parse(compared.output).at("pictures"), 4);
  EXPECT_TRUE(fs::exists(cached("generated-brief-labels") / "inpaint/brief.json"));

  // Nothing is computed twice, and the result is the same.
  const std::string before = core::read_file(results() / "metrics.json");
  ASSERT_EQ(diffugen_.run(smoke()).exit_status, 0);
  EXPECT_EQ(core::read_file(results() / "metrics.json"), before);

  // A labelled sample is compared with: here the segmenter's own labels.
  const CommandResult sampled = diffugen_.run(
      smoke() + fmt::format("-o 'sample.labels={}/txt2img/segmenter.json'", labels.string()));
  ASSERT_EQ(sampled.exit_status, 0) << sampled.errors;
  const core::MetricTable with_sample = metrics();
  const core::Metric* own = with_sample.find("sample.segmenter.box_ap50");
  if (!own->values.empty()) {
    EXPECT_NEAR(own->values.front(), 100, 1e-6);
  }
}

TEST_F(DiffuGen, WithoutAModelTheSegmenterIsMeasured) {
  const CommandResult run = diffugen_.run("--profile smoke -o replicates=1");
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  const core::MetricTable found = metrics();
  EXPECT_EQ(found.find("scenes.web.segmenter.mask_iou")->values.size(), 1U);
  for (const char* id : {"scenes.web.fixed.mask_iou", "generated.txt2img.shown",
                         "use.exact.web.box_ap50", "diversity.txt2img"}) {
    ASSERT_NE(found.find(id), nullptr) << id;
    EXPECT_NE(found.find(id)->not_run.find("no diffusion model"), std::string::npos) << id;
  }
}

TEST_F(DiffuGen, MistakesAreNamed) {
  const auto expect = [&](const std::string& arguments, int status, const std::string& text) {
    const CommandResult result = diffugen_.run(smoke() + arguments);
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_NE(result.errors.find(text), std::string::npos) << arguments << "\n" << result.errors;
  };
  expect("-o diffusion.model=/nonexistent", 2, "unknown");
  expect("-o segmenter.network=smal", 2, "segmenter.network");
  expect("-o 'scenes.objects=[1, 7]'", 2, "7 is not from 1 to 6");
  expect("-o diffusion.configuration=nowhere.json", 2, "unknown");
  expect("-o 'brief.prompt=a photo'", 2, "brief.prompt: 'a photo' has no {object}");
  expect("-o sample.labels=/nonexistent", 40, "there is no /nonexistent");
}

}  // namespace
}  // namespace ersatz::test
