// The disk fails after the last checkpoint of a training, while what waits beside the checkpoint
// (clothing's snapshots, the log) becomes part of the stage: it is continued all the same.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "core/file_system.h"
#include "experiments/failing_disk_fixture.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

constexpr const char* kPictures = "--profile smoke --only pictures";
constexpr const char* kTraining = "--profile smoke --only gan/article/seed-1";
constexpr const char* kEnvironment = "ERSATZ_THREADS=1";
constexpr long kLast = 30;  // calls from the last checkpoint to the end are fewer

fs::path cache(const ExperimentRun& run) { return run.folder() / "runs/cache"; }

TEST(FailingSnapshots, ATrainingThatIsDoneIsContinued) {
  if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
  const ExperimentRun prepared("clothing");
  ASSERT_EQ(prepared.run(kPictures, kEnvironment).exit_status, 0);
  const auto prepare = [&](const ExperimentRun& run) {
    core::make_directories(run.folder() / "runs");
    fs::copy(cache(prepared), cache(run), fs::copy_options::recursive);
  };
  const ExperimentRun undisturbed("clothing");
  prepare(undisturbed);
  const FailingRun whole = run_failing(undisturbed, kTraining, {cache(undisturbed)}, kEnvironment);
  ASSERT_EQ(whole.result.exit_status, 0) << whole.result.errors;
  ASSERT_GT(whole.calls, kLast);
  const Files expected = cache_files(cache(undisturbed));
  int snapshots = 0, failed = 0;
  for (const auto& [name, bytes] : expected) {
    snapshots += name.find("generator-") != std::string::npos ? 1 : 0;
  }
  ASSERT_GE(snapshots, 2);
  for (long call = whole.calls - kLast + 1; call <= whole.calls; ++call) {
    const ExperimentRun clothing("clothing");
    prepare(clothing);
    const Failure failure{cache(clothing), call, ENOSPC, true};
    const CommandResult result = run_failing(clothing, kTraining, failure, kEnvironment).result;
    SCOPED_TRACE(fmt::format("call {} of {}: {}", call, whole.calls, result.errors));
    if (result.exit_status != 0) {
      ++failed;
      expect_disk_error(result, failure);
    }
    const CommandResult again = clothing.run(kTraining, kEnvironment);
    ASSERT_EQ(again.exit_status, 0) << again.errors;
    ASSERT_THAT(differing(cache_files(cache(clothing)), expected), IsEmpty());
  }
  EXPECT_GT(failed, kLast / 2);
}

}  // namespace
}  // namespace ersatz::test
