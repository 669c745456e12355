// `ersatz run` and `ersatz resume`, with a stand-in for the experiment's program; `ersatz fetch`.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "cli/cli_fixture.h"
#include "core/blas.h"

namespace ersatz::test {
namespace {

using ::testing::HasSubstr;

class Launch : public ::testing::Test {
 protected:
  Launch() { project_.use_own_program(); }
  ToyProject project_;
};

TEST_F(Launch, RunBecomesTheProgramWithAllOptionsAndItsExitStatus) {
  const CommandResult result = project_.ersatz(
      "run toy -p paper -o steps=5,6 -o rate=1 --seed 3 --threads 2 --dry-run --progress plain");
  EXPECT_EQ(result.exit_status, 7);
  EXPECT_THAT(result.output,
              HasSubstr("program reproduce-toy\nword --profile\nword paper\nword --override\nword "
                        "steps=5,6\nword --override\nword rate=1\nword --seed\nword 3\n"));
  EXPECT_THAT(result.output, HasSubstr("word --dry-run\n"));
}

TEST_F(Launch, TheEnvironmentForFastBlasIsSetUnlessTheUserDid) {
  const std::string automatic = project_.ersatz("run toy").output;
  // The kernels are left to OpenBLAS where it chooses well by itself.
  EXPECT_THAT(automatic, ::testing::AnyOf(
                             HasSubstr("OPENBLAS_CORETYPE=\n"),
                             HasSubstr("OPENBLAS_CORETYPE=" + core::preferred_blas_core() + "\n")));
  EXPECT_THAT(automatic, HasSubstr("OMP_WAIT_POLICY=PASSIVE\n"));
  const std::string own =
      project_.ersatz("run toy", "OPENBLAS_CORETYPE=Zen OMP_WAIT_POLICY=ACTIVE").output;
  EXPECT_THAT(own, HasSubstr("OPENBLAS_CORETYPE=Zen\nOMP_WAIT_POLICY=ACTIVE\n"));
}

TEST_F(Launch, AProgramThatIsNotBuiltIsMissing) {
  std::filesystem::remove(project_.bin() / "reproduce-toy");
  const CommandResult result = project_.ersatz("run toy");
  EXPECT_EQ(result.exit_status, 40);
  EXPECT_THAT(result.errors, HasSubstr("make build"));
}

TEST_F(Launch, ResumeWithNothingToDoIsFriendly) {
  const CommandResult none = project_.ersatz("resume");
  EXPECT_EQ(none.exit_status, 0);
  EXPECT_THAT(none.output, HasSubstr("nothing to resume"));
  project_.add_run("mini", "20260102T030405Z-aaaaaaaa", "FINISHED");
  EXPECT_THAT(project_.ersatz("resume toy").output, HasSubstr("no unfinished run of toy"));
  EXPECT_THAT(project_.ersatz("resume 20260102").output, HasSubstr("is finished"));
}

// What a run was asked to be stands in its folder: said otherwise, it is refused, not left aside.
TEST_F(Launch, AResumedRunTakesNoOtherSettings) {
  const auto run = project_.add_run("mini", "20260102T030405Z-aaaaaaaa", "INTERRUPTED");
  for (const char* other : {"--force", "--from a", "--only a", "--parts 2", "--profile paper",
                            "-o steps=5", "--seed 4", "--device cpu"}) {
    const CommandResult result =
        project_.ersatz("run toy --resume '" + run.string() + "' " + other);
    EXPECT_EQ(result.exit_status, 2) << other;
    EXPECT_THAT(result.errors, HasSubstr("--resume")) << other;
  }
  const std::string how =
      project_.ersatz("run toy --resume '" + run.string() + "' --threads 2 --keep-going").output;
  EXPECT_THAT(how, HasSubstr("word --resume\nword " + run.string() + "\nword --threads\nword 2\n"));
}

TEST_F(Launch, ResumeTakesTheNewestUnfinishedRun) {
  project_.add_run("mini", "20260102T030405Z-aaaaaaaa", "INTERRUPTED");
  const auto dead = project_.add_run("mini", "20260103T030405Z-bbbbbbbb", "RUNNING");
  project_.add_run("mini", "20260104T030405Z-cccccccc", "FINISHED");
  project_.add_run("paper", "20260105T030405Z-dddddddd", "RUNNING", true);
  for (const char* what : {"", "toy", "20260103T03"}) {
    const CommandResult result = project_.ersatz(std::string("resume --time-limit 60 ") + what);
    EXPECT_EQ(result.exit_status, 7) << result.errors;
    EXPECT_THAT(result.output, HasSubstr("word --resume\nword " + dead.string() + "\n")) << what;
    EXPECT_THAT(result.output, HasSubstr("word --time-limit\nword 60\n"));
    EXPECT_THAT(result.errors, HasSubstr("(DEAD)"));
  }
}

TEST_F(Launch, ResumeRefusesARunThatIsRunning) {
  const auto live = project_.add_run("paper", "20260105T030405Z-dddddddd", "RUNNING", true);
  const CommandResult result = project_.ersatz("resume '" + live.string() + "'");
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.errors, HasSubstr("is being run at this moment"));
}

// The program says only some time after its start that it runs.
TEST_F(Launch, OneOfTwoThatResumeAtOnceIsRefused) {
  const auto run = project_.add_run("mini", "20260102T030405Z-aaaaaaaa", "INTERRUPTED");
  const std::filesystem::path started = project_.root() / "started", go = project_.root() / "go";
  write_text(project_.bin() / "reproduce-toy",
             "#!/bin/sh\ncase \"$*\" in *--dry-run*) exit 7;; esac\ntouch '" + started.string() +
                 "'\nfor i in $(seq 600); do\n  [ -e '" + go.string() +
                 "' ] && exit 7\n  sleep 0.05\ndone\n");
  const std::string line = "resume '" + run.string() + "'";
  auto first = std::async(std::launch::async, [&] { return project_.ersatz(line); });
  for (int i = 0; i < 600 && !std::filesystem::exists(started); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const CommandResult second = project_.ersatz(line);
  const CommandResult newest = project_.ersatz("resume");
  const CommandResult dry = project_.ersatz(line + " --dry-run");
  write_text(go, "");
  EXPECT_EQ(first.get().exit_status, 7);
  EXPECT_EQ(second.exit_status, 2) << second.output;
  EXPECT_THAT(second.errors, HasSubstr("is being resumed by another process"));
  EXPECT_EQ(newest.exit_status, 2);
  EXPECT_EQ(dry.exit_status, 7);
  // It ended without success: anybody may try again.
  EXPECT_EQ(project_.ersatz(line).exit_status, 7);
}

TEST_F(Launch, AnAmbiguousNameIsAnError) {
  project_.add_run("mini", "20260102T030405Z-aaaaaaaa", "INTERRUPTED");
  project_.add_run("mini", "20260102T030405Z-bbbbbbbb", "INTERRUPTED");
  const CommandResult result = project_.ersatz("resume 20260102");
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.errors, HasSubstr("2 runs begin with '20260102'"));
}

TEST(Fetch, OfflineWithoutTheDataIsMissingAndTellsWhatWasTried) {
  const CommandResult result =
      ToyProject().ersatz("fetch toy-data --offline", "ERSATZ_MIRROR=/nonexistent");
  EXPECT_EQ(result.exit_status, 40);
  EXPECT_THAT(result.errors, HasSubstr("mirror /nonexistent"));
  EXPECT_THAT(result.errors, HasSubstr("offline"));
}

TEST(Fetch, FromAMirrorThenFromTheCache) {
  const ToyProject project;
  const TemporaryFolder mirror;
  write_text(mirror.path() / "toy-data" / "toys.bin", "toys\n");
  const std::string environment = "ERSATZ_MIRROR='" + mirror.path().string() + "'";
  const CommandResult first = project.ersatz("fetch --for toy --offline", environment);
  EXPECT_EQ(first.exit_status, 0) << first.errors;
  EXPECT_THAT(first.output, HasSubstr("toy-data: mirror "));
  const CommandResult second = project.ersatz("fetch --all --offline");
  EXPECT_EQ(second.exit_status, 0) << second.errors;
  EXPECT_THAT(second.output, HasSubstr("toy-data: cache, in "));
}

TEST(Fetch, OtherBytesThanPromisedAreRefused) {
  const ToyProject project;
  const TemporaryFolder mirror;
  write_text(mirror.path() / "toy-data" / "toys.bin", "tops\n");
  const CommandResult result =
      project.ersatz("fetch toy-data --offline", "ERSATZ_MIRROR='" + mirror.path().string() + "'");
  EXPECT_EQ(result.exit_status, 31) << result.errors;
}

TEST(Fetch, VerifyNoticesDamageInTheCache) {
  const ToyProject project;
  const TemporaryFolder mirror;
  write_text(mirror.path() / "toy-data" / "toys.bin", "toys\n");
  const std::string environment = "ERSATZ_MIRROR='" + mirror.path().string() + "'";
  ASSERT_EQ(project.ersatz("fetch toy-data --offline", environment).exit_status, 0);
  write_text(project.cache() / "toy-data" / "1" / "toys.bin", "tops\n");
  EXPECT_EQ(project.ersatz("fetch --verify toy-data --offline").exit_status, 40);
  EXPECT_EQ(project.ersatz("fetch --verify toy-data --offline", environment).exit_status, 0);
  EXPECT_EQ(read_text(project.cache() / "toy-data" / "1" / "toys.bin"), "toys\n");
}

TEST(Fetch, AProfileThatReadsNothingNeedsNothing) {
  const CommandResult result = ToyProject().ersatz("fetch --for toy --profile mini --offline");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.output, HasSubstr("nothing needs to be fetched"));
}

}  // namespace
}  // namespace ersatz::test
