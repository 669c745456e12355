// `ersatz report` and `ersatz compare`.
#include <gmock/gmock.h>
#include <unistd.h>

#include "cli/cli_fixture.h"
#include "support/partial_files.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::HasSubstr;

TEST(Report, MakesTablesAndPageFromTheMetrics) {
  const ToyProject project;
  project.write_results("mini", 90);
  const CommandResult result = project.ersatz("report toy");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("toy/mini/report.md"));
  EXPECT_THAT(result.output, HasSubstr("reproduced      Toys are at least 80 % accurate."));
  EXPECT_THAT(result.output, HasSubstr("PASS        accuracy"));
  const auto folder = project.results() / "toy" / "mini";
  EXPECT_THAT(read_text(folder / "report.md"), HasSubstr("A toy experiment"));
  EXPECT_THAT(read_text(folder / "tables" / "main.md"), HasSubstr("91.5"));
  EXPECT_THAT(read_text(folder / "metrics.json"), HasSubstr("accuracy"));
  const std::string index = read_text(project.results() / "index.html");
  EXPECT_THAT(index, HasSubstr("A toy experiment"));
  EXPECT_THAT(index, HasSubstr("<h3>Profile mini</h3>"));
}

TEST(Report, NothingThereIsAnErrorOnlyWhenItWasNamed) {
  const ToyProject project;
  const CommandResult all = project.ersatz("report");
  EXPECT_EQ(all.exit_status, 0);
  EXPECT_THAT(all.errors, HasSubstr("there are no results in"));
  EXPECT_FALSE(std::filesystem::exists(project.results() / "index.html"));
  const CommandResult named = project.ersatz("report toy --profile mini");
  EXPECT_EQ(named.exit_status, 40);
  EXPECT_THAT(named.errors, HasSubstr("make reproduce-toy PROFILE=mini"));
}

// What a process killed between two renames of core::replace_directory leaves.
TEST(Report, ResultsThatWereSetAsideArePutBack) {
  const ToyProject project;
  project.write_results("mini", 90);
  const std::filesystem::path folder = project.results() / "toy" / "mini";
  const std::filesystem::path alive = partial_of(folder.string() + ".set-aside", ::getpid());
  std::filesystem::rename(folder, alive);
  EXPECT_EQ(project.ersatz("report toy --profile mini").exit_status, 40);
  ASSERT_TRUE(std::filesystem::exists(alive)) << "its process may still be at it";
  const std::filesystem::path left = partial_of(folder.string() + ".set-aside", kNobody);
  std::filesystem::rename(alive, left);
  const CommandResult result = project.ersatz("report toy --profile mini");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_TRUE(std::filesystem::exists(folder / "report.md"));
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST(Compare, FindsResultsByNameFolderFileAndRun) {
  const ToyProject project;
  project.write_results("mini", 90);
  project.write_results("paper", 93);
  const auto run = project.add_run("mini", "20260102T030405Z-aaaaaaaa", "FINISHED");
  write_text(run / "results" / "toy" / "mini" / "metrics.json",
             read_text(project.results() / "toy" / "mini" / "metrics.json"));
  const CommandResult named = project.ersatz("compare toy/mini toy/paper");
  EXPECT_EQ(named.exit_status, 0) << named.errors;
  EXPECT_THAT(named.output, HasSubstr("accuracy, %"));
  EXPECT_THAT(named.output, HasSubstr("toy/mini"));
  EXPECT_THAT(named.output, HasSubstr("+3"));
  EXPECT_THAT(named.output, HasSubstr("significant"));
  for (const std::string& second :
       {std::string("results/toy/mini"), std::string("results/toy/mini/metrics.json"),
        std::string("20260102T0304"), run.string()}) {
    const CommandResult result = project.ersatz("compare toy/mini " + second);
    EXPECT_EQ(result.exit_status, 0) << second << ": " << result.errors;
    EXPECT_THAT(result.output, HasSubstr("1 identical")) << second;
  }
}

TEST(Compare, Json) {
  const ToyProject project;
  project.write_results("mini", 90);
  const Json json = Json::parse(project.ersatz("compare toy/mini toy/mini --json").output);
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0].at("metric"), "accuracy");
  EXPECT_EQ(json[0].at("change"), "identical");
}

TEST(Compare, WhatHasNoMetricsIsToldApart) {
  const ToyProject project;
  project.write_results("mini", 90);
  project.add_run("mini", "20260102T030405Z-aaaaaaaa", "FAILED");
  const CommandResult nothing = project.ersatz("compare toy/mini toy/nowhere");
  EXPECT_EQ(nothing.exit_status, 40);
  EXPECT_THAT(nothing.errors, HasSubstr("'toy/nowhere' is neither"));
  const CommandResult run = project.ersatz("compare toy/mini 20260102T030405Z-aaaaaaaa");
  EXPECT_EQ(run.exit_status, 40);
  EXPECT_THAT(run.errors, HasSubstr("(FAILED) has no results of its own"));
  write_text(project.results() / "bad.json", "{\"metrics\": 3}");
  EXPECT_EQ(project.ersatz("compare toy/mini results/bad.json").exit_status, 30);
}

}  // namespace
}  // namespace ersatz::test
