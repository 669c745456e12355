// `ersatz export-run`.
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

const std::string kKey = "0123456789abcdef0123";
const std::string kRun = "20260102T030405Z-aaaaaaaa";

// A log where a stage of the run with this key has its files.
void write_log(const ToyProject& project, const std::string& folder) {
  write_text(project.runs() / "cache" / "train" / folder / "metrics.jsonl",
             "{\"step\":1,\"loss\":2.5}\n{\"step\":2,\"loss\":null}\n");
}

fs::path only_run(const fs::path& store) {
  for (const auto& experiment : fs::directory_iterator(store)) {
    if (experiment.path().filename() == "0" || experiment.path().filename() == ".trash") continue;
    for (const auto& run : fs::directory_iterator(experiment.path())) {
      if (run.is_directory()) return run.path();
    }
  }
  return {};
}

TEST(ExportRun, ResultsToEveryFormat) {
  const ToyProject project;
  project.write_results("mini", 90);
  ASSERT_EQ(project.ersatz("report toy").exit_status, 0);
  for (const std::string format : {"mlflow", "tensorboard", "csv", "latex"}) {
    const CommandResult result =
        project.ersatz("export-run toy/mini --to " + format + " out-" + format);
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    EXPECT_THAT(result.output, HasSubstr("toy mini: FINISHED, 1 metrics"));
    EXPECT_THAT(result.errors, HasSubstr("has no provenance.json"));
  }
  const fs::path out = project.results().parent_path();
  const fs::path run = only_run(out / "out-mlflow");
  EXPECT_EQ(read_text(run / "metrics" / "accuracy"), "0 90 0\n");
  EXPECT_THAT(read_text(run / "tags" / "ersatz.claim.toys_work"), HasSubstr("reproduced"));
  EXPECT_THAT(read_text(run / "artifacts" / "report.md"), HasSubstr("A toy experiment"));
  EXPECT_TRUE(fs::exists(out / "out-tensorboard/toy-mini/events.out.tfevents.0000000000.ersatz"));
  EXPECT_THAT(read_text(out / "out-csv/toy-mini/metrics.csv"),
              HasSubstr("accuracy,,%,2,90,10000,"));
  EXPECT_THAT(read_text(out / "out-csv/toy-mini/claims.csv"),
              ContainsRegex("\ntoys_work,reproduced,[^\n]*,90,[0-9.]+,[0-9.]+,%,"));
  EXPECT_THAT(read_text(out / "out-latex/toy-mini/claims.tex"), HasSubstr("& $90$ \\% & $"));
  EXPECT_TRUE(fs::exists(out / "out-csv/toy-mini/tables/main.csv"));
  EXPECT_THAT(read_text(out / "out-latex/main.tex"), HasSubstr("\\input{toy-mini/table-main}"));
}

// Lines that can be copied.
TEST(ExportRun, TheHelpHasACommandOnEachLine) {
  const std::string help = ersatz_here("export-run --help").output;
  EXPECT_THAT(help, HasSubstr("--to latex paper\n"));
  EXPECT_THAT(help, HasSubstr("\n      cd paper && pdflatex main.tex && pdflatex main.tex\n"));
}

TEST(ExportRun, AnUnfinishedRunSaysSoAndKeepsItsCurves) {
  const ToyProject project;
  project.add_run("mini", kRun, "INTERRUPTED", false, {kKey});
  write_log(project, kKey + ".partial/checkpoint");
  const CommandResult result = project.ersatz("export-run 20260102 --to mlflow store");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("is INTERRUPTED: exported as far as it got"));
  const fs::path run = only_run(project.results().parent_path() / "store");
  EXPECT_THAT(read_text(run / "meta.yaml"), HasSubstr("\nstatus: 5\n"));
  EXPECT_EQ(read_text(run / "tags" / "ersatz.state"), "INTERRUPTED");
  bool found = false;
  for (const auto& entry : fs::recursive_directory_iterator(run / "metrics")) {
    if (entry.path().filename() != "loss") continue;
    found = true;
    EXPECT_THAT(read_text(entry.path()), HasSubstr(" 2.5 1\n"));
    EXPECT_THAT(read_text(entry.path()), HasSubstr(" nan 2\n"));
  }
  EXPECT_TRUE(found);
}

TEST(ExportRun, ARunWithResultsOfItsOwn) {
  const ToyProject project;
  project.write_results("mini", 90);
  const fs::path run = project.add_run("mini", kRun, "FINISHED");
  write_text(run / "results/toy/mini/metrics.json",
             read_text(project.results() / "toy/mini/metrics.json"));
  const CommandResult result =
      project.ersatz("export-run " + run.string() + " toy/mini --to csv 'a b/größe'");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  const fs::path out = project.results().parent_path() / "a b/größe";
  EXPECT_THAT(read_text(out / ("toy-mini-" + kRun) / "metrics.csv"), HasSubstr("accuracy,,%,2,90"));
  EXPECT_TRUE(fs::exists(out / "toy-mini/metrics.csv"));
}

TEST(ExportRun, APublishedRunTakesItsResultsOnlyWhileTheyAreItsOwn) {
  const ToyProject project;
  project.write_results("mini", 90);
  const std::string provenance =
      "{\"started\":\"2026-01-02T03:04:05Z\",\"finished\":\"2026-01-02T03:05:05Z\",\"ersatz\":"
      "{\"commit\":\"abc\"},\"run\":{\"config\":{\"steps\":10}},\"stages\":{\"train/1\":\"" +
      kKey + "\"}}";
  write_text(project.results() / "toy/mini/provenance.json", provenance);
  write_text(project.add_run("mini", kRun, "FINISHED") / "provenance.json", provenance);
  write_log(project, kKey);
  CommandResult result = project.ersatz("export-run " + kRun + " --to mlflow first");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  const fs::path run = only_run(project.results().parent_path() / "first");
  EXPECT_TRUE(fs::exists(run / "metrics/accuracy"));
  EXPECT_THAT(read_text(run / "metrics/train/1/loss"), HasSubstr(" 2.5 1\n"));
  EXPECT_EQ(read_text(run / "params/steps"), "10");
  EXPECT_EQ(read_text(run / "tags/mlflow.source.git.commit"), "abc");
  write_text(project.results() / "toy/mini/provenance.json", "{\"started\":\"later\"}");
  fs::remove_all(project.runs() / "cache");
  result = project.ersatz("export-run " + kRun + " --to mlflow second");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("those published since are of another run"));
  EXPECT_FALSE(
      fs::exists(only_run(project.results().parent_path() / "second") / "metrics/accuracy"));
}

// A folder that cannot be listed is not an empty one.
TEST(ExportRun, WhatCannotBeListedIsNamed) {
  const ToyProject project;
  project.write_results("mini", 90);
  fs::remove_all(project.results() / "toy/mini/plots");
  write_text(project.results() / "toy/mini/plots", "no folder");
  const CommandResult result = project.ersatz("export-run toy/mini --to csv out");
  EXPECT_EQ(result.exit_status, 40) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("cannot list"));
  EXPECT_THAT(result.errors, HasSubstr("toy/mini/plots"));
}

TEST(ExportRun, TheFolderOfATraining) {
  const ToyProject project;
  const fs::path folder = project.results().parent_path() / "apples";
  write_text(folder / "metrics.jsonl", "{\"step\":10,\"box_loss\":1.25}\n");
  write_text(folder / "last.safetensors", "weights");
  write_text(folder / "checkpoints/1.json", "{}");
  CommandResult result = project.ersatz("export-run apples/ --to mlflow unfinished");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("is not finished"));
  write_text(folder / "training.json",
             "{\"started\":\"2026-01-02T03:04:05Z\",\"seconds\":1.5,\"training\":{\"lr\":{\"base\":"
             "0.5}}}");
  result = project.ersatz("export-run apples --to mlflow finished");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  const fs::path run = only_run(project.results().parent_path() / "finished");
  EXPECT_EQ(read_text(run / "metrics/box_loss"), "1767323045000 1.25 10\n");
  EXPECT_EQ(read_text(run / "params/lr.base"), "0.5");
  EXPECT_THAT(read_text(run / "meta.yaml"), HasSubstr("end_time: 1767323046500\n"));
  EXPECT_FALSE(fs::exists(run / "artifacts/last.safetensors"));
  EXPECT_FALSE(fs::exists(run / "artifacts/checkpoints"));
}

// MLflow reads nothing of an experiment that has one value which is not UTF-8.
TEST(ExportRun, TheFolderOfATrainingOfAnyName) {
  const ToyProject project;
  const fs::path folder = project.results().parent_path() / "tr\xFFnd";
  write_text(folder / "metrics.jsonl", "{\"step\":10,\"loss\":1.25}\n");
  write_text(folder / "samples/a#1.txt", "one");
  write_text(folder / "samples/\xFF.txt", "two");
  const CommandResult result = project.ersatz("export-run tr* --to mlflow out");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  const fs::path run = only_run(project.results().parent_path() / "out");
  EXPECT_EQ(read_text(run / "tags/mlflow.runName"), "tr\uFFFDnd");
  EXPECT_THAT(read_text(run / "tags/mlflow.note.content"), HasSubstr("Training tr\uFFFDnd\n"));
  EXPECT_THAT(read_text(run / "meta.yaml"), HasSubstr("end_time: null\n"));
  EXPECT_EQ(read_text(run / "artifacts/samples/a_1.txt"), "one");
  EXPECT_EQ(read_text(run / "artifacts/samples/_.txt"), "two");
  EXPECT_EQ(read_text(run / "artifacts/mlflow_names.csv"),
            "name,mlflow\nsamples/a#1.txt,samples/a_1.txt\nsamples/\uFFFD.txt,samples/_.txt\n");
}

TEST(ExportRun, HelpOpensTheStore) {
  const ToyProject project;
  EXPECT_THAT(project.ersatz("export-run --help").output,
              HasSubstr("MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri mlruns\n"));
}

TEST(ExportRun, MistakesAreNamed) {
  const ToyProject project;
  project.write_results("mini", 90);
  const CommandResult nothing = project.ersatz("export-run toy/nowhere --to csv out");
  EXPECT_EQ(nothing.exit_status, 40);
  EXPECT_THAT(nothing.errors, HasSubstr("'toy/nowhere' is neither a run"));
  const CommandResult full = project.ersatz("export-run toy/mini --to csv results");
  EXPECT_EQ(full.exit_status, 2);
  EXPECT_THAT(full.errors, HasSubstr("results is not empty"));
  const CommandResult format = project.ersatz("export-run toy/mini --to mlfow out");
  EXPECT_EQ(format.exit_status, 2);
  EXPECT_THAT(format.errors, HasSubstr("did you mean 'mlflow'?"));
  const CommandResult folder = project.ersatz("export-run toy/mini --to csv");
  EXPECT_EQ(folder.exit_status, 2);
  EXPECT_THAT(folder.errors, HasSubstr("a run and the folder to write are needed"));
  EXPECT_FALSE(fs::exists(project.results().parent_path() / "out"));
}

TEST(ExportRun, Completion) {
  const ToyProject project;
  project.write_results("mini", 90);
  EXPECT_EQ(project.ersatz("__complete -- export-run toy").output, "toy/mini\n");
  EXPECT_EQ(project.ersatz("__complete -- export-run toy/mini --to m").output, "mlflow\n");
}

}  // namespace
}  // namespace ersatz::test
