// An experiment in surroundings that are unusual but no reason to fail: its results are those of
// any other place.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/file_system.h"
#include "core/json.h"
#include "experiments/run_fixture.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

const std::string& usual_metrics() {
  static const std::string metrics = [] {
    const ExperimentRun mnist("mnist");
    const CommandResult result = mnist.run("--profile smoke");
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    return core::read_file(mnist.results("smoke") / "metrics.json");
  }();
  return metrics;
}

void expect_usual(const ExperimentRun& mnist, const CommandResult& result) {
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_EQ(core::read_file(mnist.results("smoke") / "metrics.json"), usual_metrics());
}

TEST(Surroundings, AClockThatIsSetAllTheTime) {
  if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
  const ExperimentRun mnist("mnist");
  expect_usual(mnist, mnist.run("--profile smoke",
                                fmt::format("LD_PRELOAD='{}'", ERSATZ_JUMPING_CLOCK_LIBRARY)));
  // Durations come from the monotonic clock.
  const core::Json record = core::read_json(mnist.results("smoke") / "provenance.json");
  EXPECT_GT(record.at("cost").at("wall_s").get<double>(), 0);
  EXPECT_LT(record.at("cost").at("wall_s").get<double>(), 600);
}

// A locale that writes 0,5 for a half and 1.000 for a thousand, made here where glibc has its
// sources.
TEST(Surroundings, ALocaleWithDecimalCommas) {
  const TemporaryFolder locales;
  const CommandResult made = run_command(
      fmt::format("localedef -i de_DE -f UTF-8 '{}' 2>&1", (locales / "de_DE.UTF-8").string()));
  if (!fs::exists(locales / "de_DE.UTF-8")) {
    GTEST_SKIP() << "localedef cannot make de_DE.UTF-8 here: " << made.output << made.errors;
  }
  const CommandResult comma = run_command(fmt::format(
      "LOCPATH='{}' LC_ALL=de_DE.UTF-8 bash -c 'printf %.1f 0,5'", locales.path().string()));
  EXPECT_EQ(comma.output, "0,5") << "the locale does not work: " << comma.errors;
  const ExperimentRun mnist("mnist");
  expect_usual(mnist, mnist.run("--profile smoke", fmt::format("LOCPATH='{}' LC_ALL=de_DE.UTF-8",
                                                               locales.path().string())));
}

TEST(Surroundings, NoNetworkAndNoHome) {
  const CommandResult able = run_command("unshare --user --map-root-user --net true");
  if (able.exit_status != 0) GTEST_SKIP() << "no network namespaces here: " << able.errors;
  const ExperimentRun mnist("mnist");
  // /proc/none cannot be made, not even by root.
  expect_usual(mnist, mnist.run("--profile smoke",
                                "HOME=/proc/none XDG_CACHE_HOME=/proc/none/cache "
                                "unshare --user --map-root-user --net env"));
}

// The project and the user's home on file systems that are mounted read-only, for root as well.
class ReadOnlyHomes : public ::testing::Test {
 protected:
  void SetUp() override {
    const CommandResult able = run_command(in_homes("! touch \"$ERSATZ_HOME/x\" \"$HOME/x\""));
    if (able.exit_status != 0) GTEST_SKIP() << "no mount namespaces here: " << able.errors;
  }
  // A shell command with ERSATZ_HOME and HOME, in a mount namespace of its own.
  std::string in_homes(const std::string& command) const {
    return fmt::format(
        "unset ERSATZ_RUNS ERSATZ_RESULTS ERSATZ_CACHE XDG_CACHE_HOME XDG_DATA_HOME\n"
        "ERSATZ_HOME='{}' HOME='{}' unshare --user --map-root-user --mount sh -c '"
        "for i in \"$ERSATZ_HOME\" \"$HOME\"; do "
        "mount --rbind \"$i\" \"$i\" && mount -o remount,bind,ro \"$i\" || exit 1; done\n"
        "{}'",
        project_.string(), home_.path().string(), command);
  }
  const fs::path project_ = fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path();
  const TemporaryFolder home_;
};

TEST_F(ReadOnlyHomes, AreNoReasonToFail) {
  const ExperimentRun mnist("mnist");
  expect_usual(
      mnist,
      run_command(in_homes(fmt::format("ERSATZ_RUNS=\"{0}/runs\" ERSATZ_RESULTS=\"{0}/results\" "
                                       "\"{1}/reproduce-mnist\" --profile smoke --progress none",
                                       mnist.folder().string(), ERSATZ_BIN_DIR))));
  EXPECT_TRUE(fs::is_empty(home_.path()));
}

TEST_F(ReadOnlyHomes, AreNamedWhenTheyAreToBeWritten) {
  const std::string program =
      fmt::format("\"{}/reproduce-mnist\" --profile smoke ", ERSATZ_BIN_DIR);
  const CommandResult plan = run_command(in_homes(program + "--dry-run"));
  EXPECT_EQ(plan.exit_status, 0) << plan.errors;
  const CommandResult run = run_command(in_homes(program + "--progress none"));
  EXPECT_EQ(run.exit_status, 2) << run.errors;
  EXPECT_NE(run.errors.find("error: "), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find("Read-only file system"), std::string::npos) << run.errors;
  EXPECT_NE(run.errors.find((project_ / "runs").string()), std::string::npos) << run.errors;
}

TEST(Surroundings, FoldersWithSpacesQuotesAndUnicode) {
  const TemporaryFolder folder;
  const fs::path home = folder / "Früchte 'n' \"Äpfel\" $HOME 果物";
  core::make_directories(home);
  const CommandResult result = run_command(fmt::format(
      "cd '{}' && D=\"$(ls)\" && ERSATZ_RUNS=\"$PWD/$D/runs\" ERSATZ_RESULTS=\"$PWD/$D/results\" "
      "ERSATZ_CACHE=\"$PWD/$D/data\" {}/reproduce-mnist --profile smoke --progress none",
      folder.path().string(), ERSATZ_BIN_DIR));
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_EQ(core::read_file(home / "results/mnist/smoke/metrics.json"), usual_metrics());
}

TEST(Surroundings, AFolderThatCannotBeWrittenIsNamed) {
  const ExperimentRun mnist("mnist");
  const CommandResult result = run_command(
      fmt::format("ERSATZ_RUNS=/proc/none/runs ERSATZ_RESULTS={0}/results ERSATZ_CACHE={0}/data "
                  "{1}/reproduce-mnist --profile smoke --progress none",
                  mnist.folder().string(), ERSATZ_BIN_DIR));
  EXPECT_NE(result.exit_status, 0);
  EXPECT_NE(result.errors.find("/proc/none"), std::string::npos) << result.errors;
  EXPECT_NE(result.errors.find("error:"), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace ersatz::test
