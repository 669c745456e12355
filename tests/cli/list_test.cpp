// `ersatz list` and `ersatz describe`.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "cli/cli_fixture.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(List, ShowsProfilesInOrderOfEffortWithCostAndResults) {
  const ToyProject project;
  project.write_results("mini", 90);
  EXPECT_EQ(project.ersatz("list").output,
            "toy  A toy experiment\n"
            "    mini   a minute  1 reproduced; gates PASS\n"
            "    paper  a day     not run\n");
}

std::size_t longest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

TEST(List, RowsThatDoNotFitAreParagraphs) {
  const ToyProject project;
  project.write_results("mini", 90);
  const std::string narrow = project.ersatz("list", "COLUMNS=40").output;
  EXPECT_EQ(narrow,
            "toy  A toy experiment\n"
            "    mini   a minute\n"
            "           1 reproduced; gates PASS\n"
            "    paper  a day\n"
            "           not run\n");
  for (const std::size_t width : {40u, 60u, 80u, 100u}) {
    const std::string columns = "COLUMNS=" + std::to_string(width);
    EXPECT_LE(longest_line(ersatz_here("list", columns).output), width);
  }
}

TEST(List, PatternIsARegularExpressionOverIdAndTitle) {
  const ToyProject project;
  EXPECT_THAT(project.ersatz("list '^TO.$'").output, HasSubstr("A toy experiment"));
  EXPECT_THAT(project.ersatz("list 'experi'").output, HasSubstr("A toy experiment"));
  const CommandResult none = project.ersatz("list fruit");
  EXPECT_EQ(none.exit_status, 0);
  EXPECT_EQ(none.output, "");
  EXPECT_THAT(none.errors, HasSubstr("no experiment matches 'fruit'"));
}

TEST(List, ALongTitleIsSearchedAtItsBeginning) {
  const ToyProject project;
  const std::string title = "Pears " + std::string(30'000, 'a');
  project.edit("experiments/toy/experiment.toml", "A toy experiment", title);
  const CommandResult found = project.ersatz("list '(pears|figs) a*'");
  EXPECT_EQ(found.exit_status, 0) << found.errors;
  EXPECT_THAT(found.output, HasSubstr("toy  Pears"));  // printed in lines
  EXPECT_EQ(project.ersatz("list 'plums'").output, "");
}

TEST(List, APatternMayNotBeEndless) {
  const CommandResult result = ToyProject().ersatz("list " + std::string(1001, 'a'));
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.errors, HasSubstr("a regular expression of 1001 bytes"));
}

TEST(List, JsonHasTheSame) {
  const ToyProject project;
  project.write_results("mini", 50);
  const Json json = Json::parse(project.ersatz("list --json").output);
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0].at("id"), "toy");
  EXPECT_EQ(json[0].at("profiles")[0].at("profile"), "mini");
  EXPECT_EQ(json[0].at("profiles")[0].at("results").at("gates"), "FAIL");
  EXPECT_EQ(json[0].at("profiles")[0].at("results").at("claims").at("toys_work"), "not reproduced");
  EXPECT_TRUE(json[0].at("profiles")[1].at("results").is_null());
}

TEST(List, ABrokenCardOrResultIsNamedAndDoesNotHideTheOthers) {
  const ToyProject project;
  project.write("experiments/worse/experiment.toml", "id = 3\n");
  write_text(project.results() / "toy" / "mini" / "metrics.json", "{");
  const CommandResult result = project.ersatz("list");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.output, HasSubstr("mini   a minute  unreadable results"));
  EXPECT_THAT(result.output,
              HasSubstr("worse  (its card cannot be read: `ersatz validate worse`)"));
}

TEST(List, RunsAreNewestFirstWithTheirState) {
  const ToyProject project;
  project.add_run("mini", "20260102T030405Z-aaaaaaaa", "FINISHED");
  project.add_run("mini", "20260104T030405Z-cccccccc", "RUNNING");
  project.add_run("paper", "20260103T030405Z-bbbbbbbb", "RUNNING", true);
  const CommandResult text = project.ersatz("list --runs");
  EXPECT_EQ(text.exit_status, 0);
  const std::size_t dead = text.output.find("DEAD"), running = text.output.find("RUNNING"),
                    finished = text.output.find("FINISHED");
  ASSERT_NE(finished, std::string::npos) << text.output;
  EXPECT_LT(dead, running) << text.output;
  EXPECT_LT(running, finished) << text.output;
  EXPECT_THAT(text.output, HasSubstr("toy/mini/20260104T030405Z-cccccccc"));

  const Json json = Json::parse(project.ersatz("list --runs paper --json").output);
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0].at("state"), "RUNNING");
}

TEST(List, ADamagedRunIsShownAsSuch) {
  const ToyProject project;
  const auto folder = project.add_run("mini", "20260102T030405Z-aaaaaaaa", "FINISHED");
  write_text(folder / "run.json", "{\"exp");
  const CommandResult result = project.ersatz("list --runs");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.output, HasSubstr("(run.json cannot be read)"));
}

TEST(List, NoRunsIsNotAnError) {
  const CommandResult result = ToyProject().ersatz("list --runs");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.errors, HasSubstr("no runs in"));
}

// 10 to 15 ms on a laptop core; linking libtorch alone would cost 400. The bound leaves room for a
// loaded machine, and on slow ones is a multiple of the time in which the program starts.
TEST(List, AnswersAtOnce) {
  const ToyProject project;
  const std::string line = "ERSATZ_HOME='" + source_root().string() + "' ERSATZ_RUNS='" +
                           project.runs().string() + "' '" ERSATZ_BIN_DIR "/ersatz' ";
  // The fastest: what else the machine does at the time is not the program's.
  const auto least = [&](const std::string& arguments) {
    double best = 1e9;
    for (int i = 0; i < 9; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_EQ(run_command(line + arguments).exit_status, 0);
      const std::chrono::duration<double, std::milli> taken =
          std::chrono::steady_clock::now() - begin;
      best = std::min(best, taken.count());
    }
    return best;
  };
  const double start = least("--version"), list = least("list");
  RecordProperty("least_ms", std::to_string(list));
  // Sanitizers make everything several times slower.
  constexpr bool slow_build = kAddressSanitizer || kThreadSanitizer;
  EXPECT_LT(list, std::max(slow_build ? 600.0 : 60.0, 4 * start));
}

TEST(List, LinksNeitherLibtorchNorOpenCv) {
  const CommandResult libraries = run_command("ldd '" ERSATZ_BIN_DIR "/ersatz'");
  ASSERT_EQ(libraries.exit_status, 0);
  EXPECT_THAT(libraries.output, HasSubstr("libc.so"));
  EXPECT_EQ(libraries.output.find("libtorch"), std::string::npos);
  EXPECT_EQ(libraries.output.find("libopencv"), std::string::npos);
}

TEST(Describe, TellsThePaperItsClaimsNumbersProfilesAndData) {
  const ToyProject project;
  const CommandResult result = project.ersatz("describe toy");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  for (const char* fragment :
       {"toy  A toy experiment\n", "Asks whether toys work.",
        "Ada Toy, Bob Toy (2020). On toys. Toy Conference.",
        "  - Toys are at least 80 % accurate.\n    [toys_work] Abstract\n",
        "  Accuracy of toys\n         accuracy\n    toy      91.5\n",
        "paper.accuracy: Table 1 (confidence H)", "  mini: Small\n    cost: a minute\n",
        "    - Fewer steps.\n", "steps 1000 -> 10", "  toy-data: Toy data\n    licence: CC0-1.0\n",
        "not here: 5 B from example.org", "Card version 2; run it with `make reproduce-toy`"}) {
    EXPECT_THAT(result.output, HasSubstr(fragment));
  }
}

TEST(Describe, JsonCarriesTheBibtexAndWhatEachProfileChanges) {
  const Json json = Json::parse(ToyProject().ersatz("describe toy --json").output);
  EXPECT_EQ(json.at("citation").at("bibtex"), "@article{toy}");
  EXPECT_EQ(json.at("published")[0].at("value"), 91.5);
  EXPECT_EQ(json.at("profiles")[0].at("changed").at("steps"), Json({1000, 10}));
  EXPECT_EQ(json.at("datasets")[0].at("present"), false);
}

TEST(Describe, TellsWhatIsGatedAndWhatChanged) {
  const ToyProject project;
  const std::string text = project.ersatz("describe toy").output;
  EXPECT_THAT(text, HasSubstr("\nGates\n  mini\n    accuracy  90 ± 2  paper 91.5 ± 5\n"));
  EXPECT_THAT(text,
              HasSubstr("\nChangelog\n  2 (2020-02-01)  Second.\n  1 (2020-01-01)  First.\n"));
  const Json json = Json::parse(project.ersatz("describe toy --json").output);
  ASSERT_EQ(json.at("expected").size(), 1u);
  EXPECT_EQ(json.at("expected")[0].at("tolerance"), 2.0);
  EXPECT_EQ(json.at("expected")[0].at("paper"), 91.5);
  EXPECT_EQ(json.at("expected")[0].at("kind"), "gate");
  EXPECT_EQ(json.at("changelog")[1].at("text"), "Second.");
}

TEST(Describe, FillsTheWidthOfTheTerminal) {
  const ToyProject project;
  std::string summary = "Asks";
  for (int i = 0; i < 60; ++i) summary += " whether toys work";
  project.edit("experiments/toy/experiment.toml", "Asks whether toys work", summary);
  for (const std::size_t width : {40u, 72u, 100u}) {
    std::istringstream lines(
        project.ersatz("describe toy", "COLUMNS=" + std::to_string(width)).output);
    std::size_t longest = 0;
    for (std::string line; std::getline(lines, line);) {
      longest =
          std::max(longest, line.find("whether toys work") != std::string::npos ? line.size() : 0);
    }
    EXPECT_LE(longest, width);
    EXPECT_GT(longest, width - 10);
  }
  // Lists of words, where the data are, and the last line, too; the address of a paper stays whole.
  project.edit("experiments/toy/profiles/paper.toml", "manifests = [",
               "manifests = [\"a-long-name\", \"another-long-name\", \"yet-another-name\", ");
  project.edit("data_manifests/toy-data.toml", "[[file]]",
               "obtain = \"" + summary + "\"\n[[file]]");
  project.edit("data_manifests/toy-data.toml", "urls = [\"https://example.org/toys.bin\"]\n", "");
  for (const std::size_t width : {60u, 100u}) {
    const std::string text =
        project.ersatz("describe toy", "COLUMNS=" + std::to_string(width)).output;
    EXPECT_THAT(text, HasSubstr("a-long-name\","));
    EXPECT_THAT(text, HasSubstr("not here: to be provided by hand, as"));
    EXPECT_LE(longest_line(text), width) << text;
  }
  // Nonsense counts for nothing, and a pipe has no width.
  EXPECT_EQ(project.ersatz("describe toy", "COLUMNS=wide").output,
            project.ersatz("describe toy", "COLUMNS=100").output);
}

TEST(Describe, WorksForEveryExperimentOfTheProject) {
  const Json list = Json::parse(ersatz_here("list --json").output);
  ASSERT_FALSE(list.empty());
  for (const Json& item : list) {
    const CommandResult result = ersatz_here("describe " + item.at("id").get<std::string>());
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    EXPECT_THAT(result.output, HasSubstr("\nClaims\n"));
    EXPECT_THAT(result.output, HasSubstr("\nData\n"));
    // No heading without anything below it.
    EXPECT_THAT(result.output, Not(HasSubstr("\nPublished numbers\n\n"))) << item.at("id");
  }
}

}  // namespace
}  // namespace ersatz::test
