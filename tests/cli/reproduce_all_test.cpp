// `make reproduce`: every experiment in one profile, and the table at its end.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// scripts/reproduce_all.sh with a program that notes how it was called, ends an experiment
// `exit-<n>` with n, and publishes the results in `new/` when it is given no further option.
class ReproduceAll : public ::testing::Test {
 protected:
  ReproduceAll() {
    write_text(
        folder_ / "ersatz",
        "#!/bin/sh\necho \"$@\" >> calls\n"
        "case $2 in exit-*) exit ${2#exit-} ;; esac\n"
        "[ $# -gt 4 ] || [ ! -e new/$2 ] || { mkdir -p results/$2 && rm -rf results/$2/$4 &&\n"
        "  cp -r new/$2 results/$2/$4; }\n");
    EXPECT_EQ(run_command("chmod +x '" + (folder_ / "ersatz").string() + "'").exit_status, 0);
  }

  CommandResult run(const std::string& experiments, const std::string& options = "") const {
    return run_command(
        fmt::format("cd '{}' && rm -f calls && env -u ERSATZ_HOME -u ERSATZ_RESULTS "
                    "'{}/scripts/reproduce_all.sh' ./ersatz mini '{}' {}",
                    folder_.path().string(), source_root().string(), experiments, options));
  }
  std::string calls() const { return read_text(folder_ / "calls"); }

  TemporaryFolder folder_;
};

TEST_F(ReproduceAll, RunsEachAndEndsWithATable) {
  const CommandResult result = run("apples mnist", "-o 'x=1 2' --threads 2");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_EQ(calls(),
            "run apples --profile mini -o x=1 2 --threads 2\n"
            "run mnist --profile mini -o x=1 2 --threads 2\n");
  EXPECT_THAT(result.output, HasSubstr("apples       mini     exit 0"));
  EXPECT_THAT(result.output, HasSubstr("mnist        mini     exit 0"));
}

TEST_F(ReproduceAll, SaysTheVerdicts) {
  fs::create_directories(folder_ / "new");
  fs::copy(source_root() / "results/fruit/mini", folder_ / "new/fruit",
           fs::copy_options::recursive);
  const char* const verdicts =
      "fruit        mini     exit 0 +[0-9]+ s  5 reproduced, 0 not reproduced, 3 inconclusive, 0 "
      "not run";
  EXPECT_THAT(run("fruit mnist").output, ::testing::ContainsRegex(verdicts));
  // The same results once more.
  EXPECT_THAT(run("fruit").output, ::testing::ContainsRegex(verdicts));
}

// What stands in results/ from before says nothing of a plan or of other settings.
TEST_F(ReproduceAll, VerdictsOfEarlierResultsAreNotThoseOfThisRun) {
  fs::create_directories(folder_ / "results/fruit");
  fs::copy(source_root() / "results/fruit/mini", folder_ / "results/fruit/mini",
           fs::copy_options::recursive);
  const CommandResult result = run("fruit", "--dry-run");
  EXPECT_THAT(result.output, Not(HasSubstr("reproduced")));
  EXPECT_THAT(result.output, HasSubstr("(results/ unchanged)"));
}

// Not every experiment has every profile.
TEST_F(ReproduceAll, PassesOverThoseWithoutTheProfile) {
  for (const char* file : {"apples/profiles/mini.toml", "mnist/profiles/paper.toml"}) {
    fs::create_directories((folder_ / "experiments" / file).parent_path());
    write_text(folder_ / "experiments" / file, "");
  }
  const CommandResult result = run("mnist apples");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_EQ(calls(), "run apples --profile mini\n");
  EXPECT_THAT(result.output, HasSubstr("mnist        mini     no such profile\n"));
  EXPECT_THAT(result.output, HasSubstr("apples       mini     exit 0"));
  // Misspelt: the program names those that there are.
  EXPECT_EQ(run("mnist").exit_status, 0);
  EXPECT_EQ(calls(), "run mnist --profile mini\n");
}

TEST_F(ReproduceAll, StopsAtAFailureAndSaysWhatWasNotStarted) {
  const CommandResult result = run("apples exit-10 mnist");
  EXPECT_EQ(result.exit_status, 10);
  EXPECT_THAT(calls(), Not(HasSubstr("mnist")));
  EXPECT_THAT(result.output, HasSubstr("exit-10      mini     exit 10"));
  EXPECT_THAT(result.output, HasSubstr("mnist        mini     not started"));
}

TEST_F(ReproduceAll, KeepsGoingWhenAsked) {
  for (const char* option : {"--keep-going", "-k"}) {
    const CommandResult result = run("exit-10 mnist exit-30 apples", option);
    EXPECT_EQ(result.exit_status, 30);
    EXPECT_THAT(calls(), HasSubstr("run apples"));
    EXPECT_THAT(result.output, HasSubstr("exit-10      mini     exit 10"));
    EXPECT_THAT(result.output, HasSubstr("apples       mini     exit 0"));
  }
}

// Somebody pressed Ctrl-C: the others are not wanted, either.
TEST_F(ReproduceAll, ASignalEndsAll) {
  const CommandResult result = run("exit-130 mnist", "--keep-going");
  EXPECT_EQ(result.exit_status, 130);
  EXPECT_THAT(calls(), Not(HasSubstr("mnist")));
  EXPECT_THAT(result.output, HasSubstr("mnist        mini     not started"));
}

}  // namespace
}  // namespace ersatz::test
