// The disk fails after the last checkpoint of a stage, while what waits beside the checkpoint
// becomes part of the stage: it is continued all the same.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <string>

#include "core/file_system.h"
#include "experiments/failing_disk_fixture.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

constexpr const char* kEnvironment = "ERSATZ_THREADS=1";

struct LastSteps {
  const char* experiment;
  const char* inputs;  // stages that are made before
  const char* stage;
  const char* kind;
  long calls;        // more than from the last checkpoint to the end
  const char* kept;  // where the names of the files begin that wait beside the checkpoint
};

fs::path cache(const ExperimentRun& run) { return run.folder() / "runs/cache"; }

// These files, finished or waiting -> the numbers that the file system gave them.
std::map<std::string, ino_t> kept_files(const ExperimentRun& run, const LastSteps& steps) {
  std::map<std::string, ino_t> numbers;
  for (const auto& entry : fs::recursive_directory_iterator(cache(run) / steps.kind)) {
    struct stat status {};
    if (!entry.is_regular_file() || ::stat(entry.path().c_str(), &status) != 0) continue;
    const std::string path = entry.path().string();
    if (const auto at = path.find(steps.kept); at != std::string::npos) {
      numbers[path.substr(at)] = status.st_ino;
    }
  }
  return numbers;
}

class FailingLastSteps : public ::testing::TestWithParam<LastSteps> {};

TEST_P(FailingLastSteps, AStageWhoseWorkIsDoneIsContinued) {
  if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
  const LastSteps& steps = GetParam();
  const std::string inputs = fmt::format("--profile smoke --only {}", steps.inputs);
  const std::string stage = fmt::format("--profile smoke --only {}", steps.stage);
  const ExperimentRun prepared(steps.experiment);
  ASSERT_EQ(prepared.run(inputs, kEnvironment).exit_status, 0);
  const auto prepare = [&](const ExperimentRun& run) {
    core::make_directories(run.folder() / "runs");
    fs::copy(cache(prepared), cache(run), fs::copy_options::recursive);
  };
  const ExperimentRun undisturbed(steps.experiment);
  prepare(undisturbed);
  const FailingRun whole = run_failing(undisturbed, stage, {cache(undisturbed)}, kEnvironment);
  ASSERT_EQ(whole.result.exit_status, 0) << whole.result.errors;
  ASSERT_GT(whole.calls, steps.calls);
  const Files expected = cache_files(cache(undisturbed));
  const auto files = kept_files(undisturbed, steps).size();
  ASSERT_GE(files, 2U);
  long failed = 0, complete = 0;
  for (long call = whole.calls - steps.calls + 1; call <= whole.calls; ++call) {
    const ExperimentRun run(steps.experiment);
    prepare(run);
    const Failure failure{cache(run), call, ENOSPC, true};
    const CommandResult result = run_failing(run, stage, failure, kEnvironment).result;
    SCOPED_TRACE(fmt::format("call {} of {}: {}", call, whole.calls, result.errors));
    if (result.exit_status != 0) {
      ++failed;
      expect_disk_error(result, failure);
    }
    const auto before = kept_files(run, steps);
    const CommandResult again = run.run(stage, kEnvironment);
    ASSERT_EQ(again.exit_status, 0) << again.errors;
    ASSERT_THAT(differing(cache_files(cache(run)), expected), IsEmpty());
    // What was made is not made again.
    if (before.size() == files) {
      ++complete;
      EXPECT_EQ(kept_files(run, steps), before);
    }
  }
  EXPECT_GT(failed, steps.calls / 2);
  EXPECT_GT(complete, steps.calls / 2);
}

INSTANTIATE_TEST_SUITE_P(Stages, FailingLastSteps,
                         ::testing::Values(LastSteps{"clothing", "pictures", "gan/article/seed-1",
                                                     "gan", 30, "generator-"},
                                           LastSteps{"fruit", "few-shot/draw-0",
                                                     "copy-paste/draw-0", "copy-paste", 60,
                                                     "images/"}),
                         [](const auto& steps) { return std::string(steps.param.experiment); });

}  // namespace
}  // namespace ersatz::test
