// Whatever happens to a run, what it finally reports is what an undisturbed run reports.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <sstream>
#include <thread>

#include "core/file_system.h"
#include "core/philox.h"
#include "core/run_directory.h"
#include "experiments/run_fixture.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

struct Undisturbed {
  std::string metrics;
  double seconds = 0;
};

const Undisturbed& undisturbed() {
  static const Undisturbed reference = [] {
    const ExperimentRun mnist("mnist");
    const auto begin = std::chrono::steady_clock::now();
    const CommandResult result = mnist.run("--profile smoke");
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    return Undisturbed{
        core::read_file(mnist.results("smoke") / "metrics.json"),
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
  }();
  return reference;
}

// A killed process needs a moment to give back its memory; one that was killed in its last
// milliseconds had already finished.
bool becomes_dead(const fs::path& run) {
  for (int i = 0; i < 100; ++i) {
    const core::RunState state = core::RunDirectory::open(run).state();
    if (state == core::RunState::kDead || state == core::RunState::kFinished) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

// Twenty kills, at random moments spread over the whole run; each is followed by a resume that the
// next kill hits, until the run gets through.
TEST(MnistFault, TwentyKillsThenTheSameBytes) {
  const Undisturbed& reference = undisturbed();
  core::Stream moments(2026, "kill moments");
  int kills = 0, finished = 0;
  while (kills < 20) {
    const ExperimentRun mnist("mnist");
    std::string arguments = "--profile smoke";
    CommandResult result;
    do {
      result = mnist.run_and_signal(
          arguments, moments.uniform(0.3F, 0.7F * static_cast<float>(reference.seconds)));
      kills += result.exit_status == 137 ? 1 : 0;
      const fs::path run = mnist.run_folder();
      if (result.exit_status == 137 && !run.empty()) {
        EXPECT_TRUE(becomes_dead(run))
            << core::run_state_name(core::RunDirectory::open(run).state());
        arguments = "--resume " + run.string();
      }
    } while (result.exit_status == 137);
    ASSERT_EQ(result.exit_status, 0) << result.errors;
    EXPECT_EQ(core::read_file(mnist.results("smoke") / "metrics.json"), reference.metrics);
    ++finished;
    for (const auto& entry : fs::recursive_directory_iterator(mnist.folder() / "results")) {
      EXPECT_EQ(entry.path().string().find(".partial"), std::string::npos) << entry.path();
    }
  }
  RecordProperty("kills", kills);
  RecordProperty("runs", finished);
}

TEST(MnistFault, InterruptIsResumableAndQuick) {
  const ExperimentRun mnist("mnist");
  const CommandResult stopped =
      mnist.run_and_signal("--profile smoke", 0.5 * undisturbed().seconds, "INT");
  // `timeout` reports 124 for its own signal; the program's status is in its run folder.
  ASSERT_EQ(stopped.exit_status, 124) << stopped.errors;
  const core::RunDirectory run = core::RunDirectory::open(mnist.run_folder());
  EXPECT_EQ(run.state(), core::RunState::kInterrupted);
  EXPECT_EQ(run.status().at("exit_status"), 130);
  const CommandResult resumed = mnist.run("--resume " + run.path().string());
  ASSERT_EQ(resumed.exit_status, 0) << resumed.errors;
  EXPECT_EQ(core::read_file(mnist.results("smoke") / "metrics.json"), undisturbed().metrics);
  EXPECT_EQ(run.state(), core::RunState::kFinished);
}

TEST(MnistFault, TwoProcessesShareOneCacheWithoutDoubleWork) {
  const ExperimentRun mnist("mnist");
  const std::string one = fmt::format(
      "ERSATZ_RUNS={0}/runs ERSATZ_RESULTS={0}/results {1}/reproduce-mnist --profile smoke "
      "--progress none",
      mnist.folder().string(), ERSATZ_BIN_DIR);
  const CommandResult both =
      run_command(fmt::format("{0} & first=$!; {0}; second=$?; wait $first; "
                              "echo \"status $? $second\" >&2",
                              one));
  EXPECT_NE(both.errors.find("status 0 0"), std::string::npos) << both.errors;
  // Each stage is announced as "[k/n] name" by the one process that runs it.
  std::map<std::string, int> runs;
  std::istringstream lines(both.errors);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t end = line.find("] ");
    if (line.rfind("[", 0) == 0 && end != std::string::npos) ++runs[line.substr(end + 2)];
  }
  EXPECT_EQ(runs.size(), 38U) << "stages of the smoke profile";
  for (const auto& [stage, times] : runs) EXPECT_EQ(times, 1) << stage;
  EXPECT_EQ(core::read_file(mnist.results("smoke") / "metrics.json"), undisturbed().metrics);
}

}  // namespace
}  // namespace ersatz::test
