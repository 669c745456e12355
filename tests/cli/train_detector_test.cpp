// `ersatz train detector` on a handful of drawn apple trees.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"
#include "core/file_system.h"
#include "core/json.h"
#include "data/scenes/scene_export.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;

class TrainDetector : public ::testing::Test {
 protected:
  TrainDetector() {
    data::SceneRequest request;
    request.kind = data::SceneKind::kAppleTree;
    request.width = request.height = 64;
    data::write_scenes(folder_ / "train", request, 1, 0, 6);
    data::write_scenes(folder_ / "val", request, 1, 6, 2);
  }
  CommandResult run(const std::string& arguments) const {
    return run_command(fmt::format("cd '{}' && '{}/ersatz' {} --device cpu --threads 1",
                                   folder_.path().string(), ERSATZ_BIN_DIR, arguments));
  }
  static std::string training(const std::string& out, const std::string& more = {}) {
    return "train detector --data train/annotations.json --val val/annotations.json --model "
           "yolov8n --size 64 --batch 2 --epochs 2 --close-mosaic 1 --checkpoint-every 1 --out " +
           out + " " + more;
  }
  TemporaryFolder folder_;
};

TEST_F(TrainDetector, WritesWeightsThatDetectCanUse) {
  const CommandResult result = run(training("out", "--json"));
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  const Json summary = Json::parse(result.output);
  EXPECT_EQ(summary.at("steps"), 6);
  EXPECT_EQ(summary.at("pictures"), 6);
  EXPECT_EQ(summary.at("label_problems"), 0);
  EXPECT_TRUE(summary.at("validation").at("coco").contains("AP50"));
  for (const char* file : {"last.safetensors", "best.safetensors", "metrics.jsonl", "truth.json",
                           "results.json", "summary.json", "label_report.json"}) {
    EXPECT_TRUE(fs::exists(folder_ / "out" / file)) << file;
  }
  const CommandResult evaluated = run_command(
      fmt::format("cd '{}' && '{}/ersatz' eval coco --gt out/truth.json --dt out/results.json "
                  "--iou bbox --json",
                  folder_.path().string(), ERSATZ_BIN_DIR));
  ASSERT_EQ(evaluated.exit_status, 0) << evaluated.errors;
  EXPECT_EQ(Json::parse(evaluated.output).at("stats")[0],
            summary.at("validation").at("coco").at("AP"));
  const CommandResult found =
      run("detect val/images --weights out/best.safetensors --size 64 --conf 0 --out found --json");
  ASSERT_EQ(found.exit_status, 0) << found.errors;
  EXPECT_EQ(Json::parse(found.output).at("pictures"), 2);
  EXPECT_THAT(found.output, HasSubstr("yolov8n, 1 classes, trained at 64 px"));
}

TEST_F(TrainDetector, InterruptedAndContinuedIsTheSameBitForBit) {
  ASSERT_EQ(run(training("whole")).exit_status, 0);
  int status = 130, runs = 0;
  while (status == 130 && runs < 40) {
    status = run(training("parts", "--time-limit 1.2 -q")).exit_status;
    ++runs;
  }
  ASSERT_EQ(status, 0);
  EXPECT_EQ(read_text(folder_ / "whole/last.safetensors"),
            read_text(folder_ / "parts/last.safetensors"));
  EXPECT_EQ(read_text(folder_ / "whole/results.json"), read_text(folder_ / "parts/results.json"));
  // Another recipe does not go on there.
  const CommandResult other = run(training("whole", "--lr 0.5"));
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.errors, HasSubstr("learning_rate"));
}

TEST_F(TrainDetector, BadLabelsAreReportedAndNotTrainedOn) {
  Json labels = Json::parse(read_text(folder_ / "train/annotations.json"));
  const std::string name = labels.at("images")[0].at("file_name").get<std::string>();
  Json bad = labels.at("annotations")[0];
  bad["id"] = 100'000;
  bad["bbox"] = {-30, 2, 5, 5};
  bad["image_id"] = labels.at("images")[0].at("id");
  labels["annotations"].push_back(bad);
  write_text(folder_ / "train/annotations.json", labels.dump());
  const CommandResult refused = run(training("out"));
  EXPECT_EQ(refused.exit_status, 30);
  EXPECT_THAT(refused.errors, HasSubstr("1 x box outside the picture"));
  const Json report = Json::parse(read_text(folder_ / "out/label_report.json")).at("training");
  EXPECT_EQ(report.at("counts").at("box outside the picture"), 1);
  EXPECT_EQ(report.at("files").at(name).size(), 1U);
  EXPECT_FALSE(fs::exists(folder_ / "out/last.safetensors"));
  const CommandResult left_out = run(training("out", "--bad-labels leave-out --json"));
  ASSERT_EQ(left_out.exit_status, 0) << left_out.errors;
  EXPECT_THAT(left_out.errors, HasSubstr("1 problems in 1 files"));
  EXPECT_EQ(Json::parse(left_out.output).at("label_problems"), 1);
}

TEST_F(TrainDetector, CrowdsOnlyAreALabelProblem) {
  Json labels = Json::parse(read_text(folder_ / "train/annotations.json"));
  for (Json& annotation : labels.at("annotations")) annotation["iscrowd"] = 1;
  write_text(folder_ / "train/annotations.json", labels.dump());
  const CommandResult refused = run(training("out", "--bad-labels leave-out"));
  EXPECT_EQ(refused.exit_status, 30);
  EXPECT_THAT(refused.errors, HasSubstr("1 x no box of a single object"));
  const Json report = Json::parse(read_text(folder_ / "out/label_report.json")).at("training");
  EXPECT_EQ(report.at("files").at("annotations.json").size(), 1U);
}

// Two of them would take turns with its checkpoints and metrics.
TEST_F(TrainDetector, AnotherTrainingOfTheSameFolderIsWaitedFor) {
  fs::create_directories(folder_ / "out");
  {
    const core::FileLock other(folder_ / "out/.lock", "a test");
    const CommandResult result = run(training("out", "--time-limit 4"));
    EXPECT_EQ(result.exit_status, 130);
    EXPECT_THAT(result.errors, HasSubstr("waiting for another process that works on out"));
    EXPECT_FALSE(fs::exists(folder_ / "out/label_report.json"));
  }
  EXPECT_EQ(run(training("out", "--seed 1")).exit_status, 0);
  // What was waited for has another seed.
  const CommandResult second = run(training("out", "--seed 2"));
  EXPECT_EQ(second.exit_status, 2);
  EXPECT_THAT(second.errors, HasSubstr("seed"));
}

TEST_F(TrainDetector, MistakesAreToldAtOnce) {
  EXPECT_EQ(run("train detector --data none.json --out out").exit_status, 40);
  const std::string data = "train detector --data train/annotations.json --out out ";
  const CommandResult size = run(data + "--size 65");
  EXPECT_EQ(size.exit_status, 2);
  EXPECT_THAT(size.errors, HasSubstr("multiple of 32"));
  const CommandResult model = run(data + "--size 64 --model yolov9n");
  EXPECT_EQ(model.exit_status, 2);
  EXPECT_THAT(model.errors, HasSubstr("yolov"));
  EXPECT_EQ(run(training("out", "--precision bfloat16")).exit_status, 2);
}

}  // namespace
}  // namespace ersatz::test
