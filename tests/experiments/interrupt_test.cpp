// SIGINT ends what takes long within seconds, and it can be continued.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <ostream>
#include <string>
#include <thread>

#include "core/philox.h"
#include "core/run_directory.h"
#include "experiments/run_fixture.h"
#include "experiments/started_process.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

// A file of that name somewhere below.
bool is_there(const fs::path& folder, const std::string& name) {
  std::error_code changing;
  for (fs::recursive_directory_iterator item(folder, changing), end; item != end;
       item.increment(changing)) {
    if (item->path().filename() == name) return true;
  }
  return false;
}

void expect_interrupted(const StartedProcess::End& end) {
  ::testing::Test::RecordProperty("milliseconds", static_cast<int>(1000 * end.seconds));
  EXPECT_EQ(end.exit_status, 130) << end.errors;
  EXPECT_LT(end.seconds, kInterruptSeconds) << end.errors;
  EXPECT_NE(end.errors.find("stopping at the next safe point"), std::string::npos) << end.errors;
}

struct Training {
  const char* name;
  const char* kind;
  const char* arguments;
};

void PrintTo(const Training& training, std::ostream* out) { *out << training.name; }

class InterruptedTraining : public ::testing::TestWithParam<Training> {};

// At random moments of a training without an end, once it has a checkpoint.
TEST_P(InterruptedTraining, EndsInTimeAndIsContinued) {
  const ExperimentRun mnist("mnist");
  core::Stream moments(2026, GetParam().name);
  std::string arguments = GetParam().arguments;
  for (int time = 0; time < 4; ++time) {
    StartedProcess training(mnist.command(arguments));
    ASSERT_TRUE(training.wait_until([&] {
      return time == 0 ? is_there(mnist.folder() / "runs/cache" / GetParam().kind,
                                  "checkpoint-0.safetensors.sha256")
                       : training.errors().find("(continued)") != std::string::npos;
    })) << training.errors();
    std::this_thread::sleep_for(std::chrono::duration<double>(moments.uniform(0, 0.5F)));
    expect_interrupted(training.interrupt());
    const core::RunDirectory run = core::RunDirectory::open(mnist.run_folder());
    EXPECT_EQ(run.state(), core::RunState::kInterrupted);
    EXPECT_EQ(run.status().at("exit_status"), 130);
    arguments = "--resume '" + run.path().string() + "'";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Stages, InterruptedTraining,
    ::testing::Values(Training{"Classifier", "classifier",
                               "--profile smoke -o classifier.steps=100000000 -o "
                               "run.checkpoint_every=50 --only classifier/all_real"},
                      Training{"Gan", "gan",
                               "--profile smoke -o gan.steps=100000000 -o run.checkpoint_every=20 "
                               "--only gan/"}),
    [](const auto& training) { return training.param.name; });

TEST(InterruptedGeneration, EndsInTimeAndIsContinued) {
  const TemporaryFolder folder;
  const CommandResult made =
      run_command(fmt::format("'{}/ersatz-diffusion' weights random --arch tiny --out '{}'",
                              ERSATZ_BIN_DIR, (folder / "model").string()));
  ASSERT_EQ(made.exit_status, 0) << made.errors;
  const std::string generate = fmt::format(
      "'{0}/ersatz-diffusion' generate txt2img --model '{1}/model' --size 64x64 --prompt x "
      "--count 4000 --steps 20 --out '{1}/out'",
      ERSATZ_BIN_DIR, folder.path().string());
  for (const char* picture : {"00000_0.json", "00003_3.json"}) {
    StartedProcess generation(generate);
    ASSERT_TRUE(generation.wait_until([&] { return fs::exists(folder.path() / "out" / picture); }))
        << generation.errors();
    expect_interrupted(generation.interrupt());
  }
}

}  // namespace
}  // namespace ersatz::test
