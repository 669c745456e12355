// Whatever happens to a run, what it finally reports is what an undisturbed run reports.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include "core/file_system.h"
#include "core/run_directory.h"
#include "experiments/kill_storm.h"
#include "experiments/run_fixture.h"
#include "experiments/started_process.h"

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

// What is left of an experiment that is killed at random moments: nothing but its result.
TEST(MnistFault, ManyKillsThenTheSameBytes) {
  const KillStorm storm =
      kill_and_resume("mnist", "--profile smoke", "smoke", false, undisturbed().metrics,
                      undisturbed().seconds, wanted_kills(20));
  RecordProperty("kills", storm.kills);
  RecordProperty("runs", storm.finished_runs);
}

// In the stages where its moment falls; interrupt_test has them one by one.
TEST(MnistFault, InterruptIsResumableAndQuick) {
  std::optional<ExperimentRun> run_of_mnist;
  StartedProcess::End stopped;
  // The machine may have been busier during the undisturbed run: what was finished is tried anew.
  for (double share = 0.5; share > 0.1 && stopped.exit_status != 130; share /= 2) {
    run_of_mnist.emplace("mnist");
    StartedProcess process(run_of_mnist->command("--profile smoke"));
    std::this_thread::sleep_for(std::chrono::duration<double>(share * undisturbed().seconds));
    stopped = process.interrupt();
  }
  const ExperimentRun& mnist = *run_of_mnist;
  ASSERT_EQ(stopped.exit_status, 130) << stopped.errors;
  EXPECT_LT(stopped.seconds, kInterruptSeconds) << stopped.errors;
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
