// The smoke profile of the apples experiment, end to end, with a diffusion model of random weights.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/file_system.h"
#include "core/metrics.h"
#include "core/run_directory.h"
#include "experiments/run_fixture.h"
#include "label/dataset/read_dataset.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

class Apples : public ::testing::Test {
 protected:
  Apples() : apples_("apples") {
    const CommandResult made =
        run_command(fmt::format("'{}/ersatz-diffusion' weights random --arch tiny --out '{}'",
                                ERSATZ_BIN_DIR, model().string()));
    EXPECT_EQ(made.exit_status, 0) << made.errors;
  }
  fs::path model() const { return apples_.folder() / "model"; }
  std::string smoke() const {
    return fmt::format("--profile smoke -o 'generator.model={}' ", model().string());
  }
  fs::path results() const { return apples_.run_folder() / "results/apples/smoke"; }
  core::MetricTable metrics() const {
    return core::MetricTable::from_json(core::read_json(results() / "metrics.json").at("metrics"));
  }
  std::string report() const { return core::read_file(results() / "report.md"); }
  fs::path cached(const std::string& kind) const {
    for (const auto& entry : fs::directory_iterator(apples_.folder() / "runs/cache" / kind)) {
      if (entry.is_directory()) return entry.path();
    }
    return {};
  }

  ExperimentRun apples_;
};

void expect_measured(const core::MetricTable& found, const std::string& id, std::size_t seeds) {
  const core::Metric* metric = found.find(id);
  ASSERT_NE(metric, nullptr) << id;
  EXPECT_EQ(metric->values.size(), seeds) << id << ": " << metric->not_run;
}

TEST_F(Apples, EveryTableIsMeasuredOrSaysWhyNot) {
  const CommandResult run = apples_.run(smoke());
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  const core::MetricTable found = metrics();
  // Two seeds of one family, one of the other: as the profile says.
  expect_measured(found, "test.yolov8.real.ap50", 2);
  expect_measured(found, "test.yolov5.real.ap50", 1);
  expect_measured(found, "test.labeller.ap", 1);
  EXPECT_EQ(found.series("precision.yolov8.real").size(), 21U);
  for (const char* method : {"detector", "attention"}) {
    expect_measured(found, fmt::format("labels.{}.recall", method), 1);
    expect_measured(found, fmt::format("labels.{}.objects", method), 1);
  }
  // The labels of an untrained network may hold no box: then it is said, nothing is made up.
  const core::Metric* gap = found.find("gap.yolov8.generated.ap");
  ASSERT_NE(gap, nullptr);
  if (gap->values.empty()) {
    EXPECT_EQ(gap->not_run, "the labels that it was to learn from hold no box");
  } else {
    EXPECT_EQ(gap->values.size(), 2U);
    const double real = found.find("test.yolov8.real.ap")->values[0];
    const double generated = found.find("test.yolov8.generated.ap")->values[0];
    EXPECT_NEAR(gap->values[0], real - generated, 1e-12);
  }
  EXPECT_EQ(found.find("test.retinanet.real.ap")->not_run,
            "this family was not part of the run (detectors.families)");
  EXPECT_EQ(found.series("curve.real.ap").size(), 2U);
  EXPECT_EQ(found.find("set.train.pictures")->values.front(), 6);
  for (const char* file :
       {"report.md", "plots/precision_yolov8.svg", "pictures/samples.png", "pictures/found.png"}) {
    EXPECT_TRUE(fs::exists(results() / file)) << file;
  }
  EXPECT_NE(report().find("stand-in data; generated pictures labelled by a detector"),
            std::string::npos);

  // Nothing is computed twice, and the result is the same.
  const std::string before = core::read_file(results() / "metrics.json");
  ASSERT_EQ(apples_.run(smoke()).exit_status, 0);
  EXPECT_EQ(core::read_file(results() / "metrics.json"), before);
}

TEST_F(Apples, LabelsOfAPersonTakeThePlaceOfAutomaticOnes) {
  ASSERT_EQ(apples_.run(smoke()).exit_status, 0);
  const fs::path exported = cached("automatic-labels") / "export";
  for (const char* file : {"coco.json", "data.yaml", "labels", "tasks.json", "label_config.xml"}) {
    EXPECT_TRUE(fs::exists(exported / file)) << file;
  }
  // Somebody draws one box in every picture, and does not get to the last one.
  label::LabelledDataset drawn = label::read_dataset(exported / "coco.json", "coco");
  ASSERT_EQ(drawn.pictures.size(), 4U);
  drawn.pictures.pop_back();
  core::Json images = core::Json::array(), boxes = core::Json::array();
  for (const label::LabelledPicture& picture : drawn.pictures) {
    const auto id = static_cast<std::int64_t>(images.size()) + 1;
    images.push_back({{"id", id},
                      {"file_name", picture.file},
                      {"width", picture.width},
                      {"height", picture.height}});
    boxes.push_back({{"id", id},
                     {"image_id", id},
                     {"category_id", 1},
                     {"bbox", {10, 12, 20, 18}},
                     {"area", 360},
                     {"iscrowd", 0}});
  }
  const fs::path labels = apples_.folder() / "drawn.json";
  core::write_json(labels, {{"images", images},
                            {"annotations", boxes},
                            {"categories", {{{"id", 1}, {"name", "apple"}}}}});
  const std::string manual = smoke() + "-o labels.method=manual ";
  const CommandResult run =
      apples_.run(manual + fmt::format("-o 'labels.folder={}'", labels.string()));
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  expect_measured(metrics(), "gap.yolov8.generated.ap", 2);
  expect_measured(metrics(), "gap.yolov8.both.ap_high", 1);
  EXPECT_GE(metrics().find("test.yolov8.generated.ap")->sampling_sd, 0);
  const std::string said = report();
  EXPECT_NE(said.find("manual labels"), std::string::npos);
  EXPECT_NE(said.find("1 generated pictures were not labelled"), std::string::npos);
  EXPECT_EQ(said.find("Generated pictures have automatic labels"), std::string::npos);
}

TEST_F(Apples, WithoutLabelsOrAModelTheBaselineIsMeasured) {
  const CommandResult run = apples_.run("--profile smoke -o replicates=1");
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  expect_measured(metrics(), "test.yolov8.real.ap", 1);
  for (const char* id :
       {"test.yolov8.generated.ap", "gap.yolov8.both.ap", "labels.detector.ap50"}) {
    ASSERT_NE(metrics().find(id), nullptr) << id;
    EXPECT_NE(metrics().find(id)->not_run.find("no diffusion model"), std::string::npos) << id;
  }
}

TEST_F(Apples, PicturesThatNobodyHasLabelledAreWaitedFor) {
  const CommandResult run = apples_.run(smoke() + "-o labels.method=manual -o replicates=1");
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  expect_measured(metrics(), "test.yolov8.real.ap", 1);
  expect_measured(metrics(), "labels.attention.recall", 1);
  EXPECT_NE(metrics().find("test.yolov8.generated.ap")->not_run.find("nobody has labelled"),
            std::string::npos);
}

TEST_F(Apples, MistakesAreNamed) {
  const auto expect = [&](const std::string& arguments, int status, const std::string& text) {
    const CommandResult result = apples_.run(smoke() + arguments);
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_NE(result.errors.find(text), std::string::npos) << arguments << "\n" << result.errors;
  };
  expect("-o generator.model=/nonexistent", 2, "unknown");
  expect("-o labels.method=detektor", 2, "labels.method");
  expect("-o labels.method=manual -o labels.folder=/nonexistent", 40, "there is no /nonexistent");
  expect("-o finetune.method=dreambot", 2, "finetune.method");
  expect("-o 'detectors.families=[\"yolov9\"]'", 2, "yolov9");
  expect("-o yolov8.network=yolov8q", 2, "yolov8.network");
  expect("-o finetune.pictures=7", 2, "the training part has 6 pictures");
}

}  // namespace
}  // namespace ersatz::test
