// MLflow's file store, read back with a YAML parser.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "core/file_system.h"
#include "report/export/mlflow_names.h"
#include "report/export/mlflow_store.h"
#include "report/export/run_export_fixture.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;

std::set<std::string> names_below(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), folder).generic_string());
  }
  return names;
}

class MlflowStore : public ::testing::Test {
 protected:
  MlflowStore() : run_(test::hard_run(folder_ / "source")), store_(folder_ / "store") {
    fs::create_directories(store_);
    warnings_ = write_mlflow_store({run_}, store_, "/data/my runs/größe");
    run_folder_ = store_ / mlflow_experiment_id(run_.experiment) / mlflow_run_id(run_);
  }
  std::string text(const std::string& name) const { return core::read_file(run_folder_ / name); }
  // The run as it is now, in a store of its own: the run's folder.
  fs::path written_again() {
    const fs::path other = folder_ / "other";
    warnings_ = write_mlflow_store({run_}, other, other);
    return other / mlflow_experiment_id(run_.experiment) / mlflow_run_id(run_);
  }

  test::TemporaryFolder folder_;
  RunExport run_;
  fs::path store_, run_folder_;
  std::vector<std::string> warnings_;
};

TEST_F(MlflowStore, ExperimentsAreFoldersOfEighteenDigits) {
  const std::string id = mlflow_experiment_id(run_.experiment);
  ASSERT_EQ(id.size(), 18U);
  EXPECT_EQ(id.find_first_not_of("0123456789"), std::string::npos);
  EXPECT_NE(id[0], '0');
  const YAML::Node meta = YAML::LoadFile(store_ / id / "meta.yaml");
  EXPECT_EQ(meta["experiment_id"].Scalar(), id);
  // A quoted scalar stays a string; unquoted digits would be read as a number.
  EXPECT_EQ(meta["experiment_id"].Tag(), "!");
  EXPECT_EQ(meta["name"].as<std::string>(), "früchte");
  EXPECT_EQ(meta["lifecycle_stage"].as<std::string>(), "active");
  EXPECT_EQ(meta["creation_time"].as<std::int64_t>(), run_.started);
  EXPECT_EQ(meta["artifact_location"].as<std::string>(),
            "file:///data/my%20runs/gr%C3%B6%C3%9Fe/" + id);
  EXPECT_EQ(YAML::LoadFile(store_ / "0" / "meta.yaml")["name"].as<std::string>(), "Default");
  EXPECT_TRUE(fs::is_directory(store_ / ".trash"));
}

TEST_F(MlflowStore, RunsHaveTheKeysOfTheFileStore) {
  const std::string id = mlflow_run_id(run_);
  ASSERT_EQ(id.size(), 32U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  const YAML::Node meta = YAML::LoadFile(run_folder_ / "meta.yaml");
  std::set<std::string> keys;
  for (const auto& item : meta) keys.insert(item.first.as<std::string>());
  EXPECT_EQ(keys,
            (std::set<std::string>{"artifact_uri", "deleted_time", "end_time", "entry_point_name",
                                   "experiment_id", "lifecycle_stage", "run_id", "run_name",
                                   "run_uuid", "source_name", "source_type", "source_version",
                                   "start_time", "status", "tags", "user_id"}));
  EXPECT_EQ(meta["run_id"].as<std::string>(), id);
  EXPECT_EQ(meta["run_uuid"].as<std::string>(), id);
  EXPECT_EQ(meta["run_name"].as<std::string>(), "mini");
  EXPECT_EQ(meta["start_time"].as<std::int64_t>(), 1700000000000);
  EXPECT_EQ(meta["end_time"].as<std::int64_t>(), 1700000060000);
  EXPECT_EQ(meta["status"].as<int>(), 5) << "KILLED";
  EXPECT_EQ(meta["source_type"].as<int>(), 4) << "LOCAL";
  EXPECT_EQ(meta["artifact_uri"].as<std::string>(), "file:///data/my%20runs/gr%C3%B6%C3%9Fe/" +
                                                        mlflow_experiment_id(run_.experiment) +
                                                        "/" + id + "/artifacts");
}

TEST_F(MlflowStore, MetricsAreLinesOfTimeValueStep) {
  EXPECT_EQ(text("metrics/error"), "1700000060000 2 55\n1700000060000 1 385\n");
  EXPECT_EQ(text("metrics/accuracy"), "1700000060000 92 0\n");
  EXPECT_EQ(text("metrics/seed-3/accuracy"), "1700000060000 93 0\n");
  EXPECT_EQ(text("metrics/ap at 0.5"), "1700000060000 0.25 0\n");
  EXPECT_EQ(text("metrics/gan/55/loss"),
            "1700000000000 1.5 0\n1700000000000 nan 50\n1700000000000 inf 100\n");
  EXPECT_EQ(text("metrics/猫/größe"), "1700000000000 3 1\n");
  // Every line reads as FileStore._get_metric_from_line does: int, float, int.
  for (const std::string& name : names_below(run_folder_ / "metrics")) {
    std::istringstream lines(text("metrics/" + name));
    std::string line;
    int count = 0;
    for (; std::getline(lines, line); ++count) {
      std::istringstream words(line);
      std::string time, value, step, rest;
      EXPECT_TRUE(words >> time >> value >> step) << line;
      EXPECT_FALSE(words >> rest) << line;
      EXPECT_EQ(time.find_first_not_of("0123456789"), std::string::npos) << line;
    }
    EXPECT_GT(count, 0) << name;
  }
}

TEST_F(MlflowStore, NamesThatMlflowRefusesAreChangedAndReported) {
  const std::set<std::string> names = names_below(run_folder_ / "metrics");
  EXPECT_EQ(names.count("a_b_c"), 1U);
  EXPECT_EQ(names.count("__/up/_/x"), 1U);
  EXPECT_EQ(names.count("gan_2"), 1U) << "gan is a folder";
  for (const std::string& name : names) {
    EXPECT_EQ(mlflow_name(name), name);
    EXPECT_EQ(name.find("//"), std::string::npos);
    EXPECT_LE(name.size(), 250U);
  }
  const std::string changed = text("artifacts/mlflow_names.csv");
  EXPECT_NE(changed.find("a@b:c,a_b_c\n"), std::string::npos) << changed;
  EXPECT_NE(changed.find("gan,gan_2\n"), std::string::npos) << changed;
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("4 names that MLflow does not take"), std::string::npos)
      << warnings_[0];
}

TEST_F(MlflowStore, SettingsTagsAndArtifacts) {
  EXPECT_EQ(text("params/train.lr"), "0.0003");
  EXPECT_EQ(text("params/größe"), "ß");
  EXPECT_EQ(text("tags/mlflow.runName"), "mini");
  EXPECT_EQ(text("tags/mlflow.source.git.commit"), run_.commit);
  EXPECT_EQ(text("tags/ersatz.state"), "INTERRUPTED");
  EXPECT_EQ(text("tags/ersatz.claim.c1"), "reproduced: holds at 2 of 2 points");
  EXPECT_EQ(text("tags/ersatz.not_run"), "error@5500: profile mini stops at 385 [images]\n");
  EXPECT_NE(text("tags/mlflow.note.content").find("State: INTERRUPTED (stopped by SIGINT)"),
            std::string::npos);
  EXPECT_EQ(text("artifacts/report.md"), "# Ä\n");
  EXPECT_TRUE(fs::exists(run_folder_ / "artifacts" / "pictures" / "grid.png"));
}

TEST_F(MlflowStore, ARunThatGoesOnHasNoEnd) {
  run_.state = core::RunState::kRunning;
  const fs::path other = folder_ / "other";
  write_mlflow_store({run_}, other, other);
  const YAML::Node meta = YAML::LoadFile(other / mlflow_experiment_id(run_.experiment) /
                                         mlflow_run_id(run_) / "meta.yaml");
  EXPECT_TRUE(meta["end_time"].IsNull());
  EXPECT_EQ(meta["status"].as<int>(), 1);
}

// Nothing happened in 1970.
TEST_F(MlflowStore, AnUnknownEndIsNone) {
  run_.state = core::RunState::kFinished;
  run_.finished = 0;
  const fs::path run = written_again();
  EXPECT_TRUE(YAML::LoadFile(run / "meta.yaml")["end_time"].IsNull());
  EXPECT_EQ(core::read_file(run / "metrics/accuracy"), "1700000000000 92 0\n");
}

TEST_F(MlflowStore, AnExperimentBeganWithItsFirstKnownRun) {
  run_.metrics = {};
  run_.curves.clear();
  run_.files.clear();
  RunExport unknown = run_, later = run_, other = run_;
  unknown.name = "unknown";
  unknown.started = 0;
  later.name = "later";
  later.started += 5;
  other.experiment = "toy";
  other.started -= 7;
  const fs::path store = folder_ / "other";
  write_mlflow_store({later, run_, unknown, other}, store, store);
  const auto created = [&](const std::string& id) {
    return YAML::LoadFile(store / id / "meta.yaml")["creation_time"].as<std::int64_t>();
  };
  EXPECT_EQ(created(mlflow_experiment_id(run_.experiment)), 1700000000000);
  EXPECT_EQ(created(mlflow_experiment_id("toy")), 1699999999993);
  EXPECT_EQ(created("0"), 1699999999993);
  // Where nothing is known, MLflow still wants whole numbers.
  write_mlflow_store({unknown}, folder_ / "third", folder_ / "third");
  const fs::path home = folder_ / "third" / mlflow_experiment_id(run_.experiment);
  EXPECT_EQ(YAML::LoadFile(home / "meta.yaml")["creation_time"].as<std::int64_t>(), 0);
  EXPECT_EQ(
      YAML::LoadFile(home / mlflow_run_id(unknown) / "meta.yaml")["start_time"].as<std::int64_t>(),
      0);
}

// In MLflow's databases key, time, step, value and "is it NaN" are the key of a line, infinity is
// the largest double, and one line twice stops `mlflow migrate-filestore`.
TEST_F(MlflowStore, ALineThatRepeatsAnotherIsLeftOut) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double largest = std::numeric_limits<double>::max();
  const double nan = std::nan("");
  run_.curves = {{"a", {{1, 2}, {1, 2}, {2, 2}, {1, 3}, {1, 2}}},
                 {"b", {{1, nan}, {1, 0.0}, {1, -0.0}, {1, -nan}}},
                 {"c", {{1, infinity}, {1, largest}, {1, -largest}, {1, -infinity}}}};
  const fs::path run = written_again();
  EXPECT_EQ(core::read_file(run / "metrics/a"),
            "1700000000000 2 1\n1700000000000 2 2\n1700000000000 3 1\n");
  EXPECT_EQ(core::read_file(run / "metrics/b"), "1700000000000 nan 1\n1700000000000 0 1\n");
  EXPECT_EQ(core::read_file(run / "metrics/c"),
            "1700000000000 inf 1\n1700000000000 -1.7976931348623157e+308 1\n");
}

TEST_F(MlflowStore, ASeedThatWasAskedForTwiceIsOneLine) {
  run_.metrics = {};
  for (int i = 0; i < 2; ++i) run_.metrics.add("error", 55, 7, 12.5, "%");
  const fs::path run = written_again();
  EXPECT_EQ(core::read_file(run / "metrics/seed-7/error"), "1700000060000 12.5 55\n");
  EXPECT_EQ(core::read_file(run / "metrics/error"), "1700000060000 12.5 55\n");
}

TEST_F(MlflowStore, AMetricWithoutAPointIsNotItsPointZero) {
  run_.metrics = {};
  for (const std::int64_t seed : {1, 2}) {
    run_.metrics.add("error", std::nullopt, seed, 5, "%");
    run_.metrics.add("error", 0, seed, 5, "%");
    run_.metrics.add("error", 8, seed, 4, "%");
  }
  const fs::path run = written_again();
  for (const std::string prefix : {"metrics/", "metrics/seed-1/", "metrics/seed-2/"}) {
    EXPECT_EQ(core::read_file(run / (prefix + "error")), "1700000060000 5 0\n1700000060000 4 8\n");
    EXPECT_EQ(core::read_file(run / (prefix + "error without point")), "1700000060000 5 0\n");
  }
}

// MLflow decodes all of a run's values, and shows no run of an experiment where it cannot.
TEST_F(MlflowStore, ValuesAreUtf8) {
  run_.name = "tr\xFFnd";
  run_.settings["torn"] = "a\xE2\x82 ü";
  run_.title = "Training tr\xFFnd";
  run_.settings["long"] = "x";
  for (int i = 0; i < 6000; ++i) run_.settings["long"] += '\xFF';
  const fs::path run = written_again();
  EXPECT_EQ(core::read_file(run / "tags/mlflow.runName"), "tr\uFFFDnd");
  EXPECT_EQ(YAML::LoadFile(run / "meta.yaml")["run_name"].as<std::string>(), "tr\uFFFDnd");
  EXPECT_EQ(core::read_file(run / "params/torn"), "a\uFFFD ü");
  EXPECT_EQ(core::read_file(run / "params/long").size(), 1 + 5999 * 3U) << "cut after decoding";
  EXPECT_NE(core::read_file(run / "tags/mlflow.note.content").find("Training tr\uFFFDnd\n"),
            std::string::npos);
}

TEST_F(MlflowStore, FilesThatMlflowCannotOpenAreRenamed) {
  run_.curves.clear();
  const fs::path source = run_.files.at(0).file.parent_path();
  const std::set<std::string> names = {"A#b.png", "A%23b.png",       "A:b.png",
                                       "A_b.png", "a b+c (1)=ü.txt", "x;/y?",
                                       "x_",      "\xFFz.bin",       "mlflow_names.csv"};
  run_.files.clear();
  for (const std::string& name : names) {
    const std::string content = "content of " + name;
    const fs::path file = source / std::to_string(run_.files.size());
    core::write_file_atomic(file, content);
    run_.files.push_back({name, file});
  }
  const fs::path artifacts = written_again() / "artifacts";
  const std::map<std::string, std::string> expected = {{"A_b.png", "A_b.png"},
                                                       {"A_b_2.png", "A#b.png"},
                                                       {"A_23b.png", "A%23b.png"},
                                                       {"A_b_3.png", "A:b.png"},
                                                       {"a b+c (1)=ü.txt", "a b+c (1)=ü.txt"},
                                                       {"x_", "x_"},
                                                       {"x_.y_", "x;/y?"},
                                                       {"_z.bin", "\xFFz.bin"},
                                                       {"mlflow_names_2.csv", "mlflow_names.csv"}};
  std::set<std::string> expected_names = {"mlflow_names.csv"};
  for (const auto& [name, from] : expected) {
    expected_names.insert(name);
    EXPECT_EQ(core::read_file(artifacts / name), "content of " + from);
  }
  EXPECT_EQ(names_below(artifacts), expected_names);
  EXPECT_EQ(core::read_file(artifacts / "mlflow_names.csv"),
            "name,mlflow\nA#b.png,A_b_2.png\nA%23b.png,A_23b.png\nA:b.png,A_b_3.png\n"
            "mlflow_names.csv,mlflow_names_2.csv\nx;/y?,x_.y_\n\uFFFDz.bin,_z.bin\n");
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("6 names that MLflow does not take: 'A#b.png' is 'A_b_2.png'"),
            std::string::npos)
      << warnings_[0];
}

TEST_F(MlflowStore, LongValuesAreCutBetweenCharacters) {
  run_.settings["long"] = "x";
  for (int i = 0; i < 7000; ++i) run_.settings["long"] += "ü";
  const fs::path other = folder_ / "other";
  const auto warnings = write_mlflow_store({run_}, other, other);
  const std::string value = core::read_file(other / mlflow_experiment_id(run_.experiment) /
                                            mlflow_run_id(run_) / "params" / "long");
  EXPECT_EQ(value.size(), 1U + 2 * 5999U);
  EXPECT_NE(warnings.at(0).find("the value of long is cut"), std::string::npos) << warnings[0];
}

TEST_F(MlflowStore, TheSameRunTwiceIsAMistake) {
  EXPECT_ERSATZ_ERROR(write_mlflow_store({run_, run_}, folder_ / "other", folder_ / "other"),
                      core::ExitCode::kUsage, "exported twice");
}

// A log may name a curve as a metric is named: both are kept, the metric under its name.
TEST_F(MlflowStore, CurvesDoNotTakeTheMetricsFiles) {
  run_.curves = {{"accuracy", {{7, 0.5}}}, {"a:b", {{1, 1}}}, {"a:b", {{2, 2}}}};
  const fs::path other = folder_ / "other";
  const auto warnings = write_mlflow_store({run_}, other, other);
  const fs::path run = other / mlflow_experiment_id(run_.experiment) / mlflow_run_id(run_);
  EXPECT_EQ(core::read_file(run / "metrics/accuracy"), "1700000060000 92 0\n");
  EXPECT_EQ(core::read_file(run / "metrics/accuracy_2"), "1700000000000 0.5 7\n");
  EXPECT_EQ(core::read_file(run / "metrics/a_b"), "1700000000000 1 1\n");
  EXPECT_EQ(core::read_file(run / "metrics/a_b_2"), "1700000000000 2 2\n");
  EXPECT_EQ(core::read_file(run / "artifacts/mlflow_names.csv"),
            "name,mlflow\na:b,a_b\na:b,a_b_2\naccuracy,accuracy_2\n");
}

TEST_F(MlflowStore, NamesOfOddCharactersAreReadBack) {
  const std::string odd =
      "a\x7F\u0080\u0085\u009F\u00A0\u2027\u2028\u2029\u202A\uFFFD\uFFFE\uFFFFß猫";
  run_.name = odd;
  const fs::path other = folder_ / "other";
  write_mlflow_store({run_}, other, other);
  const fs::path file =
      other / mlflow_experiment_id(run_.experiment) / mlflow_run_id(run_) / "meta.yaml";
  const std::string text = core::read_file(file);
  EXPECT_NE(text.find("run_name: \"a\\u007f\\u0080\\u0085\\u009f\u00A0\u2027\\u2028\\u2029\u202A"
                      "\uFFFD\\ufffe\\uffffß猫\"\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(YAML::Load(text)["run_name"].as<std::string>(), odd);
}

TEST(MlflowNames, AreUniqueFilesOfOneFolder) {
  MlflowNames names;
  EXPECT_EQ(names("a/b"), "a/b");
  EXPECT_EQ(names("a/b"), "a/b") << "the same again";
  EXPECT_EQ(names("a"), "a_2") << "a folder already";
  EXPECT_EQ(names("a/b/c"), "a.b.c") << "a/b is a file";
  EXPECT_EQ(names("a@b"), "a_b");
  EXPECT_EQ(names("a:b"), "a_b_2");
  EXPECT_EQ(names.changed().size(), 4U);
  EXPECT_EQ(names.another("c"), "c");
  EXPECT_EQ(names.another("c"), "c_2");
  EXPECT_EQ(names("c"), "c");
  EXPECT_EQ(names.changed().size(), 5U);
}

TEST(MlflowNames, OfFilesAreShortEnoughWithTheirNumbers) {
  MlflowNames files(MlflowNames::Kind::kFiles);
  const std::string letters(250, 'a');
  EXPECT_EQ(files.another("d.e/" + letters + ".png"), "d.e/" + letters + ".png");
  EXPECT_EQ(files.another("d.e/" + letters + ".png"), "d.e/" + std::string(236, 'a') + "_2.png");
  EXPECT_EQ(files.another("d.e/f"), "d.e/f");
  EXPECT_EQ(files.another("d.e/f"), "d.e/f_2") << "the folder's dot begins no extension";
  EXPECT_EQ(files.another(".g"), ".g");
  EXPECT_EQ(files.another(".g"), ".g_2") << "no extension";
  EXPECT_EQ(files.another(letters), letters);
  EXPECT_EQ(files.another(letters + "/" + letters).size(), 240U) << "one part";
}

TEST(MlflowNames, OfFilesLoseOnlyWhatAddressesDoNotHold) {
  EXPECT_EQ(mlflow_file_name("a b/c+d,(1)=~@&![ü]'$*.png"), "a b/c+d,(1)=~@&![ü]'$*.png");
  EXPECT_EQ(mlflow_file_name("a#%3A:;?\\b"), "a__3A____b");
  EXPECT_EQ(mlflow_file_name("  a/ b "), "__a/ b ") << "only before the whole address";
  EXPECT_EQ(mlflow_file_name("a\n\x1F\x7F\u0085\u00A0"), "a____\u00A0");
  EXPECT_EQ(mlflow_file_name("\xC3\xFFü\xE2\x82"), "__ü__");
}

TEST(MlflowNames, WhatPythonCallsAWordStays) {
  EXPECT_EQ(mlflow_name("größe 5.5-a_b/猫²"), "größe 5.5-a_b/猫²");
  EXPECT_EQ(mlflow_name("a+b"), "a_b");
  EXPECT_EQ(mlflow_name("loss ±"), "loss _");
  EXPECT_EQ(mlflow_name("\xFF!"), "__");
  EXPECT_EQ(mlflow_name(""), "_");
  EXPECT_EQ(mlflow_name("/a/./b/.."), "_/a/_/b/__");
  EXPECT_EQ(mlflow_name("..x/y"), "__x/y");
  EXPECT_EQ(mlflow_name("..."), "__.");
  EXPECT_EQ(mlflow_name("a/..x/.y"), "a/..x/.y");
  EXPECT_EQ(mlflow_name(".x"), ".x");
  EXPECT_LE(mlflow_name(std::string(1000, 'a')).size(), 250U);
  EXPECT_NE(mlflow_name(std::string(1000, 'a')), mlflow_name(std::string(1001, 'a')));
}

}  // namespace
}  // namespace ersatz::report
