// `ersatz check`: nothing but a measured, finite value near the expected one passes.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>
#include <string>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::HasSubstr;

TEST(Check, ValuesAsExpectedPass) {
  const ToyProject project;
  project.write_results("mini", 90.4);
  const CommandResult result = project.ersatz("check");
  EXPECT_EQ(result.exit_status, 0) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("toy mini\nPASS        accuracy"));
  EXPECT_EQ(result.errors, "");
}

TEST(Check, BetweenOurToleranceAndThePapersIsADriftAndNoFailure) {
  const ToyProject project;
  project.write_results("mini", 94);
  const CommandResult result = project.ersatz("check");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.output, HasSubstr("DRIFT"));
}

TEST(Check, AnAlteredValueFails) {
  const ToyProject project;
  project.write_results("mini", 70);
  const CommandResult result = project.ersatz("check toy");
  EXPECT_EQ(result.exit_status, 10);
  EXPECT_THAT(result.output, HasSubstr("FAIL        accuracy"));
}

// An experiment may be called as a command is (`diffugen`): here it is an experiment's name.
TEST(Check, AnExperimentNamedAsACommandIsNoCommand) {
  const CommandResult result = ToyProject().ersatz("check diffugen");
  EXPECT_THAT(result.errors, HasSubstr("unknown experiment 'diffugen'"));
}

TEST(Check, AbsentResultsAreUnmeasured) {
  const CommandResult result = ToyProject().ersatz("check");
  EXPECT_EQ(result.exit_status, 10);
  EXPECT_THAT(result.output, HasSubstr("UNMEASURED  accuracy"));
  EXPECT_THAT(result.errors, HasSubstr("make reproduce-toy PROFILE=mini"));
}

TEST(Check, ADeletedMetricIsUnmeasured) {
  const ToyProject project;
  project.write_results("mini", 90);
  const auto file = project.results() / "toy" / "mini" / "metrics.json";
  Json json = Json::parse(read_text(file));
  json["metrics"] = Json::array();
  write_text(file, json.dump());
  const CommandResult result = project.ersatz("check");
  EXPECT_EQ(result.exit_status, 10);
  EXPECT_THAT(result.output, HasSubstr("UNMEASURED"));
}

TEST(Check, NotANumberNeverPassesHoweverItIsWritten) {
  const ToyProject project;
  const auto file = project.results() / "toy" / "mini" / "metrics.json";
  for (const char* value : {"null", "NaN", "1e999", "\"90\""}) {
    project.write_results("mini", 90);
    std::string text = read_text(file);
    text.replace(text.find("90.0"), 4, value);
    write_text(file, text);
    const CommandResult result = project.ersatz("check");
    EXPECT_EQ(result.exit_status, 10) << value << "\n" << result.output << result.errors;
    EXPECT_THAT(result.output, HasSubstr("UNMEASURED")) << value;
  }
}

TEST(Check, TruncatedOrForeignResultsAreUnmeasured) {
  const ToyProject project;
  const auto file = project.results() / "toy" / "mini" / "metrics.json";
  project.write_results("mini", 90);
  const std::string whole = read_text(file);
  write_text(file, whole.substr(0, whole.size() / 2));
  EXPECT_EQ(project.ersatz("check").exit_status, 10);
  project.write_results("paper", 90);
  write_text(file, read_text(project.results() / "toy" / "paper" / "metrics.json"));
  const CommandResult result = project.ersatz("check");
  EXPECT_EQ(result.exit_status, 10);
  EXPECT_THAT(result.errors, HasSubstr("holds results of toy paper"));
}

TEST(Check, ResultsOfAnotherCardOrProfileAreWarnedAbout) {
  const ToyProject project;
  project.write_results("mini", 90);
  EXPECT_EQ(project.ersatz("check").errors, "");
  project.edit("experiments/toy/profiles/mini.toml", "steps = 10", "steps = 20");
  project.edit("experiments/toy/experiment.toml", "version = 2", "version = 3");
  const CommandResult result = project.ersatz("check");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.errors, HasSubstr("the profile has changed since"));
  EXPECT_THAT(result.errors, HasSubstr("version 2 of the card, which is now at 3"));
}

TEST(Check, AProfileThatExpectsNothingPassesAndSaysSo) {
  const CommandResult result = ToyProject().ersatz("check --profile paper");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.errors, HasSubstr("profile paper expects no values"));
}

TEST(Check, Json) {
  const ToyProject project;
  project.write_results("mini", 70);
  const CommandResult result = project.ersatz("check --json");
  EXPECT_EQ(result.exit_status, 10);
  const Json json = Json::parse(result.output);
  EXPECT_EQ(json.at("passed"), false);
  EXPECT_EQ(json.at("checked")[0].at("experiment"), "toy");
  EXPECT_EQ(json.at("checked")[0].at("rows")[0].at("status"), "FAIL");
}

// The committed results hold the values that their cards expect. Results made on this machine
// since count, too: they would be committed next.
TEST(Check, TheResultsOfThisProjectPass) {
  const CommandResult result = ersatz_here(
      "check --json", fmt::format("ERSATZ_RESULTS='{}'", (source_root() / "results").string()));
  EXPECT_EQ(result.exit_status, 0) << result.output << result.errors;
  const Json json = Json::parse(result.output);
  EXPECT_EQ(json.at("passed"), true);
  std::set<std::string> experiments;
  std::size_t gates = 0;
  for (const Json& item : json.at("checked")) {
    experiments.insert(item.at("experiment").get<std::string>());
    gates += item.at("rows").size();
  }
  EXPECT_EQ(experiments,
            std::set<std::string>({"apples", "clothing", "diffugen", "fruit", "mnist"}));
  EXPECT_GE(gates, 40U);
}

}  // namespace
}  // namespace ersatz::test
