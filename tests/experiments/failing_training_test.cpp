// Every single change that a training makes on the disk may fail, its checkpoints, its log and its
// network: it ends with a message and is continued to the network of an undisturbed training.
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

// A classifier with two checkpoints; what it trains on is there.
constexpr const char* kData = "--profile small --only real-digits";
constexpr const char* kTraining = "--profile small --only classifier/all_real/seed-1";

class FailingTraining : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
    const CommandResult made = prepared_.run(kData, project_.environment());
    ASSERT_EQ(made.exit_status, 0) << made.errors;
  }
  // A run with the data in its cache.
  void prepare(const ExperimentRun& run) const {
    core::make_directories(run.folder() / "runs");
    fs::copy(prepared_.folder() / "runs/cache", cache(run), fs::copy_options::recursive);
  }
  static fs::path cache(const ExperimentRun& run) { return run.folder() / "runs/cache"; }

  SmallProject project_{1};
  ExperimentRun prepared_{"mnist"};
};

TEST_P(FailingTraining, AnyCallMayFail) {
  const ExperimentRun undisturbed("mnist");
  prepare(undisturbed);
  const FailingRun whole =
      run_failing(undisturbed, kTraining, {cache(undisturbed)}, project_.environment());
  ASSERT_EQ(whole.result.exit_status, 0) << whole.result.errors;
  const Files expected = cache_files(cache(undisturbed));
  ASSERT_GT(whole.calls, 60);
  RecordProperty("calls", static_cast<int>(whole.calls));
  int failed = 0, continued = 0;
  for (long call = 1; call <= whole.calls; ++call) {
    const ExperimentRun mnist("mnist");
    prepare(mnist);
    const bool for_good = GetParam();
    const int error = (call % 2 == 0) == for_good ? ENOSPC : EIO;
    const Failure failure{cache(mnist), call, error, for_good};
    const CommandResult result =
        run_failing(mnist, kTraining, failure, project_.environment()).result;
    SCOPED_TRACE(fmt::format("call {} of {}: {}", call, whole.calls, result.errors));
    if (result.exit_status != 0) {
      ++failed;
      expect_disk_error(result, failure);
    }
    const CommandResult again = mnist.run(kTraining, project_.environment());
    ASSERT_EQ(again.exit_status, 0) << again.errors;
    continued += again.errors.find("(continued)") != std::string::npos ? 1 : 0;
    ASSERT_THAT(differing(cache_files(cache(mnist)), expected), IsEmpty());
  }
  RecordProperty("failed", failed);
  RecordProperty("continued", continued);
  EXPECT_GT(failed, whole.calls * 9 / 10);
  EXPECT_GT(continued, whole.calls / 3) << "from a checkpoint";
}

INSTANTIATE_TEST_SUITE_P(Calls, FailingTraining, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "ForGood" : "Once"; });

}  // namespace
}  // namespace ersatz::test
