// The smoke profile of the mnist experiment, end to end.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "core/file_system.h"
#include "core/json.h"
#include "core/machine.h"
#include "core/metrics.h"
#include "core/run_directory.h"
#include "experiments/run_fixture.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

TEST(MnistSmoke, WritesEveryResultAndReusesItsStages) {
  const ExperimentRun mnist("mnist");
  const CommandResult plan = mnist.run("--profile smoke --dry-run");
  EXPECT_EQ(plan.exit_status, 0) << plan.errors;
  EXPECT_NE(plan.output.find("never run"), std::string::npos) << plan.output;
  EXPECT_FALSE(fs::exists(mnist.folder() / "runs")) << "a dry run leaves nothing behind";

  const CommandResult first = mnist.run("--profile smoke");
  ASSERT_EQ(first.exit_status, 0) << first.errors;
  const fs::path results = mnist.results("smoke");
  for (const char* file : {"metrics.json", "verdicts.json", "provenance.json", "report.md",
                           "pictures/gan_rows_385.png"}) {
    EXPECT_TRUE(fs::exists(results / file)) << file;
  }
  const auto metrics =
      core::MetricTable::from_json(core::read_json(results / "metrics.json").at("metrics"));
  const core::Metric* trained = metrics.find_address("corrected.original_gan.error@385");
  ASSERT_NE(trained, nullptr);
  EXPECT_EQ(trained->values.size(), 2U);
  const core::Metric* left_out = metrics.find_address("corrected.gan.error@55");
  ASSERT_NE(left_out, nullptr);
  EXPECT_TRUE(left_out->values.empty());
  EXPECT_NE(left_out->not_run.find("no GAN"), std::string::npos);
  const core::Json provenance = core::read_json(results / "provenance.json");
  EXPECT_FALSE(provenance.at("machine").at("cpu").get<std::string>().empty());
  EXPECT_EQ(provenance.at("inputs").at("fonts").get<std::string>().size(), 64U);
  EXPECT_EQ(core::RunDirectory::open(mnist.run_folder()).state(), core::RunState::kFinished);

  // The same again: everything is reused, and nothing of the result changes.
  const std::string before = core::read_file(results / "metrics.json");
  const CommandResult second = mnist.run("--profile smoke");
  EXPECT_EQ(second.exit_status, 0) << second.errors;
  EXPECT_EQ(core::read_file(results / "metrics.json"), before);
  EXPECT_NE(mnist.run("--profile smoke --dry-run").output.find("0 stages to run"),
            std::string::npos);
  // A changed setting is named as the reason to run again.
  const CommandResult other = mnist.run("--profile smoke -o classifier.steps=20 --dry-run");
  EXPECT_NE(other.output.find("classifier.steps: 40 -> 20"), std::string::npos) << other.output;
}

TEST(MnistSmoke, SeedsMatterAndOverriddenRunsStayOutOfResults) {
  const ExperimentRun mnist("mnist");
  const std::string tiny = "--profile smoke -o replicates=1 -o classifier.steps=5 -o gan.steps=2 ";
  const CommandResult one = mnist.run(tiny + "--seed 1");
  ASSERT_EQ(one.exit_status, 0) << one.errors;
  const fs::path first = mnist.run_folder() / "results/mnist/smoke/metrics.json";
  EXPECT_FALSE(fs::exists(mnist.results("smoke")));
  EXPECT_NE(one.output.find("not in results/"), std::string::npos) << one.output;
  const std::string metrics = core::read_file(first);
  fs::remove_all(mnist.folder() / "runs");
  ASSERT_EQ(mnist.run(tiny + "--seed 1").exit_status, 0);
  EXPECT_EQ(core::read_file(mnist.run_folder() / "results/mnist/smoke/metrics.json"), metrics)
      << "the same seed gives the same bytes";
  fs::remove_all(mnist.folder() / "runs");
  ASSERT_EQ(mnist.run(tiny + "--seed 2").exit_status, 0);
  EXPECT_NE(core::read_file(mnist.run_folder() / "results/mnist/smoke/metrics.json"), metrics);
}

// What was to be made again is made again when the run is continued, and only once.
TEST(MnistSmoke, AForcedRunThatWasInterruptedIsContinued) {
  const ExperimentRun mnist("mnist");
  const std::string stages = "--profile smoke --only score/original/55/seed-1 ";
  ASSERT_EQ(mnist.run(stages).exit_status, 0);
  const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(1100)); };
  wait();
  ASSERT_EQ(mnist.run(stages + "--from classifier/original/55/seed-1").exit_status, 0);
  const fs::path run = mnist.run_folder();
  // As if it had been stopped before it did anything.
  core::Json status = core::read_json(run / "status.json");
  status["state"] = "INTERRUPTED";
  wait();
  status["started"] = core::utc_now();
  wait();
  const auto resume = [&] {
    core::write_json(run / "status.json", status);
    return mnist.run("--resume '" + run.string() + "'").output;
  };
  EXPECT_THAT(resume(), ::testing::ContainsRegex("stages \\([0-9]+ reused\\)"));
  const core::Json plan = core::read_json(run / "plan.json");
  int again = 0;
  for (const core::Json& stage : plan) again += stage.at("fate") == "run" ? 1 : 0;
  EXPECT_EQ(again, 2) << plan.dump(1);
  resume();
  for (const core::Json& stage : core::read_json(run / "plan.json")) {
    EXPECT_EQ(stage.at("fate"), "reuse") << stage.dump(1);
  }
}

TEST(MnistSmoke, ARunThatIsRunningIsNotResumed) {
  const ExperimentRun mnist("mnist");
  ASSERT_EQ(mnist.run("--profile smoke --only score/original/55/seed-1").exit_status, 0);
  core::RunDirectory run = core::RunDirectory::open(mnist.run_folder());
  const std::string resume = "--resume '" + run.path().string() + "'";
  run.set_state(core::RunState::kRunning);  // by this process, which lives
  const CommandResult refused = mnist.run(resume);
  EXPECT_EQ(refused.exit_status, 2) << refused.errors;
  EXPECT_NE(refused.errors.find("is being run at this moment"), std::string::npos);
  EXPECT_EQ(run.state(), core::RunState::kRunning);
  run.set_state(core::RunState::kInterrupted);
  EXPECT_EQ(mnist.run(resume).exit_status, 0);
  EXPECT_EQ(run.state(), core::RunState::kFinished);
}

// A file in the working directory that is named as the experiment's own profile is.
TEST(MnistSmoke, AFileOfOnesOwnStaysOutOfResults) {
  const ExperimentRun mnist("mnist");
  core::write_file_atomic(mnist.folder() / "smoke.toml",
                          "extends = \"smoke\"\ntitle = \"Mine\"\nreplicates = 1\n"
                          "[classifier]\nsteps = 5\n[gan]\nsteps = 2\n");
  const CommandResult result = run_command(
      fmt::format("cd '{}' && {}", mnist.folder().string(), mnist.command("--profile smoke.toml")));
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_NE(result.output.find("not in results/"), std::string::npos) << result.output;
  EXPECT_FALSE(fs::exists(mnist.results("smoke")));
  EXPECT_TRUE(fs::exists(mnist.run_folder() / "results/mnist/smoke/metrics.json"));
}

TEST(MnistSmoke, MistakesAreNamedBeforeAnythingRuns) {
  const ExperimentRun mnist("mnist");
  const auto expect = [&](const std::string& arguments, int status, const std::string& text) {
    const CommandResult result = mnist.run(arguments);
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_NE(result.errors.find(text), std::string::npos) << arguments << "\n" << result.errors;
  };
  expect("--profile smok", 2, "did you mean 'smoke'?");
  expect("--profil smoke", 2, "did you mean '--profile'?");
  expect("--profile smoke -o clasifier.steps=3", 2, "did you mean 'classifier.steps'?");
  expect("--profile smoke -o classifier.steps=many", 2, "not an integer");
  expect("--profile smoke -o 'sweep.sets=[\"orignal\"]'", 2, "did you mean 'original'?");
  expect("--profile smoke --device cuda:99", 2, "");
  expect("--profile smoke --only nothing", 2, "unknown stage");
  expect("--resume /nonexistent", 40, "not a run folder");
  EXPECT_FALSE(fs::exists(mnist.folder() / "runs/mnist"));
}

TEST(MnistSmoke, MissingDataIsExit40WithTheCommandThatFetchesIt) {
  const ExperimentRun mnist("mnist");
  const CommandResult result =
      mnist.run("--profile reduced --offline", "ERSATZ_MIRROR=/nonexistent");
  EXPECT_EQ(result.exit_status, 40) << result.errors;
  EXPECT_NE(result.errors.find("mnist"), std::string::npos);
}

TEST(MnistSmoke, ADivergingTrainingStopsWithExit20) {
  const ExperimentRun mnist("mnist");
  const CommandResult result =
      mnist.run("--profile smoke --only classifier/original/55 -o classifier.learning_rate=1e30");
  EXPECT_EQ(result.exit_status, 20) << result.errors;
  EXPECT_NE(result.errors.find("in stage classifier/original/55"), std::string::npos);
  EXPECT_EQ(core::RunDirectory::open(mnist.run_folder()).state(), core::RunState::kFailed);
}

}  // namespace
}  // namespace ersatz::test
