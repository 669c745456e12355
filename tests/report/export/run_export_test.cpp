// Reading runs, and their export to TensorBoard and CSV.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "core/file_system.h"
#include "report/export/event_decoder.h"
#include "report/export/read_run_export.h"
#include "report/export/run_export_fixture.h"
#include "report/export/tensorboard_log.h"
#include "report/export/training_log.h"
#include "report/export/write_export.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;

std::vector<Curve> read_log(const fs::path& file, const std::string& text,
                            std::vector<std::string>& warnings) {
  core::write_file_atomic(file, text);
  return read_training_log(file, "gan/", warnings);
}

TEST(TrainingLog, NumbersBecomeCurves) {
  test::TemporaryFolder folder;
  std::vector<std::string> warnings;
  const auto curves = read_log(
      folder / "m.jsonl",
      "{\"step\":50,\"loss\":1.5,\"scores\":{\"AP\":[0.5,0.25]},\"word\":\"x\",\"yes\":true}\n"
      "\n{\"step\":100,\"loss\":null}\n{\"step\":150,\"loss\":NaN}\n{\"step\":200,\"loss\":-"
      "Infinity}\n"
      "{\"step\":200,\"loss\":7}\n{\"step\":250,\"lo",
      warnings);
  ASSERT_EQ(curves.size(), 3U);
  EXPECT_EQ(curves[0].name, "gan/loss");
  ASSERT_EQ(curves[0].points.size(), 4U);
  EXPECT_EQ(curves[0].points[0].value, 1.5);
  EXPECT_TRUE(std::isnan(curves[0].points[1].value));
  EXPECT_TRUE(std::isnan(curves[0].points[2].value));
  EXPECT_EQ(curves[0].points[3].value, 7) << "the last line of a step counts";
  EXPECT_EQ(curves[1].name, "gan/scores/AP/0");
  EXPECT_EQ(curves[2].name, "gan/scores/AP/1");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("its last line is cut off"), std::string::npos);
}

TEST(TrainingLog, OtherLinesAreRefusedByNumber) {
  test::TemporaryFolder folder;
  std::vector<std::string> warnings;
  for (const char* line : {"[1]", "{\"loss\":1}", "{\"step\":1.5}", "{\"step\"", "nonsense"}) {
    EXPECT_ERSATZ_ERROR(
        read_log(folder / "m.jsonl", std::string("{\"step\":1}\n") + line + "\n", warnings),
        core::ExitCode::kUntrustedData, "m.jsonl:2");
  }
}

TEST(TrainingLog, LongNamesAndManyCurvesAreRefused) {
  test::TemporaryFolder folder;
  std::vector<std::string> warnings;
  const auto named = [&](std::size_t letters) {
    const std::string key(letters, 'a');
    return read_log(folder / "m.jsonl",
                    "{\"step\":1,\"" + key + "\":0,\"" + key + "b\":\"a word\"}\n", warnings);
  };
  EXPECT_EQ(named(1020).at(0).name.size(), 1024U) << "with gan/";
  EXPECT_ERSATZ_ERROR(named(1021), core::ExitCode::kUntrustedData, "m.jsonl:1");
  const auto many = [&](std::size_t numbers) {
    std::string list = "0";
    for (std::size_t i = 1; i < numbers; ++i) list += ",0";
    return read_log(folder / "m.jsonl",
                    "{\"step\":1,\"a\":[" + list + "]}\n{\"step\":2,\"a\":[1]}\n", warnings);
  };
  EXPECT_EQ(many(10'000).size(), 10'000U);
  EXPECT_ERSATZ_ERROR(many(10'001), core::ExitCode::kUntrustedData, "more than 10000 curves");
}

TEST(TrainingExport, AnImpossibleDurationIsNone) {
  test::TemporaryFolder folder;
  core::write_file_atomic(folder / "metrics.jsonl", "{\"step\":1,\"loss\":2}\n");
  const auto lasted = [&](const std::string& seconds) {
    core::write_file_atomic(folder / "training.json",
                            "{\"started\":\"2026-11-20T15:18:39Z\",\"seconds\":" + seconds + "}");
    const RunExport run = read_training_export(folder.path());
    return run.finished == 0 ? -1 : run.finished - run.started;
  };
  EXPECT_EQ(lasted("2.5"), 2500);
  EXPECT_EQ(lasted("1e10"), 10'000'000'000'000);
  EXPECT_EQ(lasted("1.1e10"), -1);
  EXPECT_EQ(lasted("1e300"), -1);
}

// Names in a run's records say which folder of the cache or of the results is read.
TEST(RunExportNames, LeadNowhereElse) {
  test::TemporaryFolder folder;
  const fs::path run = folder / "runs/toy/mini/1";
  const auto stage = [&](const std::string& key) {
    core::write_json(run / "plan.json", {{{"name", "gan"}, {"key", key}}});
    return read_run_export(core::RunDirectory::open(run), folder / "cache", folder / "results");
  };
  const auto request = [&](const std::string& experiment) {
    core::write_json(run / "run.json", {{"experiment", experiment},
                                        {"profile", "mini"},
                                        {"overrides", core::Json::array()},
                                        {"seed", nullptr},
                                        {"device", "cpu"},
                                        {"keep_going", false},
                                        {"only", ""}});
  };
  request("toy");
  const std::string line = "{\"step\":1,\"loss\":2}\n";
  core::write_file_atomic(folder / "cache/train/abc/metrics.jsonl", line);
  core::write_file_atomic(folder / "outside/metrics.jsonl", line);
  EXPECT_EQ(stage("abc").curves.size(), 1U);
  const RunExport other = stage("../../outside");
  EXPECT_TRUE(other.curves.empty());
  EXPECT_NE(other.warnings.at(0).find("the key '../../outside'"), std::string::npos);
  request("../outside");
  EXPECT_ERSATZ_ERROR(stage("abc"), core::ExitCode::kUntrustedData, "run.json");
}

TEST(MetricCurves, WholePointsAreStepsAndOthersNames) {
  test::TemporaryFolder folder;
  const auto curves = metric_curves(test::hard_run(folder / "source").metrics);
  std::vector<std::string> names;
  for (const Curve& curve : curves) names.push_back(curve.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"accuracy", "ap at 0.5", "ap at 0.75", "error",
                                             "seed-1/accuracy", "seed-1/error", "seed-2/accuracy",
                                             "seed-2/error", "seed-3/accuracy", "seed-3/error"}));
  EXPECT_EQ(curves[0].name, "accuracy");
  EXPECT_EQ(curves[0].points.at(0).value, 92);
}

TEST(MetricCurves, AMetricWithoutAPointIsAStepOrACurve) {
  core::MetricTable metrics;
  metrics.add("error", std::nullopt, 1, 5, "%");
  metrics.add("error", 8, 1, 3, "%");
  ASSERT_EQ(metric_curves(metrics, " alone").size(), 1U) << "nothing else is at step 0";
  metrics.not_run("error", 0, "%", "no pictures");
  ASSERT_EQ(metric_curves(metrics, " alone").size(), 1U);
  metrics.add("error", 0, 1, 4, "%");
  const auto together = metric_curves(metrics);
  ASSERT_EQ(together.size(), 1U);
  EXPECT_EQ(together[0].points.size(), 3U);
  const auto apart = metric_curves(metrics, " alone");
  ASSERT_EQ(apart.size(), 2U);
  EXPECT_EQ(apart[0].name, "error alone");
  ASSERT_EQ(apart[0].points.size(), 1U);
  EXPECT_EQ(apart[0].points[0].value, 5);
  EXPECT_EQ(apart[1].name, "error");
  EXPECT_EQ(apart[1].points.size(), 2U);
}

TEST(TensorBoard, HasEverythingInOrderOfSteps) {
  test::TemporaryFolder folder;
  const RunExport run = test::hard_run(folder / "source");
  const auto events = test::decode_events(tensorboard_events(run));
  EXPECT_EQ(events.at(0).file_version, "brain.Event:2");
  EXPECT_EQ(events.at(0).wall_time, 1700000000.0);
  std::map<std::string, std::vector<std::pair<std::int64_t, float>>> scalars;
  std::map<std::string, std::string> texts;
  int pictures = 0;
  std::int64_t last = 0;
  for (const auto& event : events) {
    EXPECT_GE(event.step, last);
    last = event.step;
    for (const auto& value : event.values) {
      if (value.scalar) scalars[value.tag].push_back({event.step, *value.scalar});
      if (value.text) texts[value.tag] = *value.text;
      if (!value.image) continue;
      ++pictures;
      EXPECT_EQ(value.tag, "pictures/grid");
      EXPECT_EQ(value.description, "A grid");
      EXPECT_EQ(value.image->width, 4);
      EXPECT_EQ(value.image->bytes, core::read_file(folder / "source/grid.png"));
    }
  }
  EXPECT_EQ(pictures, 1);
  using Points = std::vector<std::pair<std::int64_t, float>>;
  EXPECT_EQ(scalars.at("metrics/error"), (Points{{55, 2.0F}, {385, 1.0F}}));
  EXPECT_EQ(scalars.at("metrics/ap at 0.75"), (Points{{0, 0.125F}}));
  EXPECT_EQ(scalars.at("train/猫/größe"), (Points{{1, 3.0F}}));
  ASSERT_EQ(scalars.at("train/gan/55/loss").size(), 3U);
  EXPECT_TRUE(std::isnan(scalars.at("train/gan/55/loss")[1].second));
  EXPECT_TRUE(std::isinf(scalars.at("train/gan/55/loss")[2].second));
  EXPECT_NE(texts.at("run/page").find("State: INTERRUPTED"), std::string::npos);
  EXPECT_NE(texts.at("run/settings").find("    train.lr = 0.0003\n"), std::string::npos);
}

// A page in which only the table's cells and the code block can go wrong.
TEST(TensorBoard, PagesKeepTheirShape) {
  RunExport run;
  run.settings = {{"a", "1\n2\r\n\n# 3"}, {"b", "4"}};
  run.verdicts = {{"c1", "x | y \\| z\r\nlast *word*\\", "reproduced\n|", "", {}, {}, {}, "", ""}};
  EXPECT_NE(export_page(run).find("\n| reproduced \\| | x \\| y \\\\\\| z  last *word*\\ |\n"),
            std::string::npos)
      << export_page(run);
  std::string settings;
  for (const auto& event : test::decode_events(tensorboard_events(run))) {
    for (const auto& value : event.values) {
      if (value.tag == "run/settings") settings = value.text.value();
    }
  }
  EXPECT_NE(settings.find("    b = 4\n"), std::string::npos) << settings;
  EXPECT_NE(settings.find("        # 3\n"), std::string::npos) << settings;
  std::replace(settings.begin(), settings.end(), '\r', '\n');  // Markdown's, too
  for (std::size_t begin = 0; begin < settings.size(); begin = settings.find('\n', begin) + 1) {
    EXPECT_EQ(settings.substr(begin, 4), "    ") << settings;
  }
}

TEST(Csv, NumbersKeepEveryDigitAndReasonsStay) {
  test::TemporaryFolder folder;
  RunExport run = test::hard_run(folder / "source");
  run.metrics.add("third", std::nullopt, 1, 1.0 / 3, "a,b");
  write_export({run}, "csv", folder / "out");
  const fs::path out = folder / "out" / "früchte-mini";
  const std::string metrics = core::read_file(out / "metrics.csv");
  EXPECT_EQ(metrics.rfind("metric,point,unit,seed,value,test_items,not_run\n", 0), 0U);
  EXPECT_NE(metrics.find("\naccuracy,,%,2,92,1000,\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("\nthird,,\"a,b\",1,0.3333333333333333,,\n"), std::string::npos);
  EXPECT_NE(metrics.find("\nerror,5500,%,,,,profile mini stops at 385 [images]\n"),
            std::string::npos);
  const std::string training = core::read_file(out / "training.csv");
  EXPECT_NE(training.find("gan/55/loss,0,1.5\ngan/55/loss,50,nan\ngan/55/loss,100,inf\n"),
            std::string::npos)
      << training;
  EXPECT_NE(core::read_file(out / "summary.csv").find("\naccuracy,,%,92,1,"), std::string::npos);
  const std::string claims = core::read_file(out / "claims.csv");
  EXPECT_EQ(
      claims.rfind("claim,verdict,statement,reason,effect,low,high,unit,effect_in_words\n", 0), 0U);
  EXPECT_NE(
      claims.find("2 points,-22.0625,-23.5,-20.5,%,\"22.1 % lower at 385, \"\"surely\"\"\"\n"),
      std::string::npos)
      << claims;
  EXPECT_NE(claims.find("no D,,,,,\n"), std::string::npos) << claims;
  EXPECT_NE(core::read_file(out / "run.csv").find("\nstate,INTERRUPTED\n"), std::string::npos);
}

std::map<std::string, std::string> tree(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = core::read_file(entry.path());
  }
  return files;
}

TEST(WriteExport, TheSameRunGivesTheSameBytes) {
  test::TemporaryFolder folder;
  const RunExport run = test::hard_run(folder / "source");
  for (const std::string& format : export_formats()) {
    const fs::path out = folder / ("out-" + format);
    write_export({run}, format, out);
    const auto first = tree(out);
    EXPECT_FALSE(first.empty());
    fs::remove_all(out);
    write_export({run}, format, out);
    EXPECT_EQ(tree(out), first) << format;
  }
}

TEST(WriteExport, MixesWithNothingAndLeavesNothingHalf) {
  test::TemporaryFolder folder;
  RunExport run = test::hard_run(folder / "source");
  EXPECT_ERSATZ_ERROR(write_export({run}, "csv", folder / "source"), core::ExitCode::kUsage,
                      "is not empty");
  EXPECT_ERSATZ_ERROR(write_export({run}, "csv", folder / "source/report.md"),
                      core::ExitCode::kUsage, "is no folder");
  EXPECT_ERSATZ_ERROR(write_export({run}, "mlfow", folder / "x"), core::ExitCode::kUsage, "mlflow");
  fs::create_directories(folder / "empty");
  write_export({run}, "csv", folder / "empty/");
  EXPECT_TRUE(fs::exists(folder / "empty/früchte-mini/metrics.csv"));
  run.pictures[0].file = folder / "source/report.md";  // no PNG
  EXPECT_ERSATZ_ERROR(write_export({run}, "tensorboard", folder / "bad"),
                      core::ExitCode::kUntrustedData, "pictures/grid");
  int left = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    left += entry.path().filename() != "source" && entry.path().filename() != "empty" ? 1 : 0;
  }
  EXPECT_EQ(left, 0);
  EXPECT_ERSATZ_ERROR(write_export({run, run}, "csv", folder / "twice"), core::ExitCode::kUsage,
                      "exported twice");
}

}  // namespace
}  // namespace ersatz::report
