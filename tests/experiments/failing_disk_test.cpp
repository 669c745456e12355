// Every single change that a run makes on the disk may fail: it ends with a message and the right
// status, and the same command then gives what an undisturbed run gives.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cerrno>
#include <string>

#include "experiments/failing_disk_fixture.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

using ::testing::IsEmpty;

// A stage that computes little.
constexpr const char* kFew = "--profile small --only font-digits";

class FailingDisk : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
  }
  static std::string environment() {
    static const SmallProject project(1);
    return project.environment();
  }
  static Files cache_of(const ExperimentRun& run) {
    return cache_files(run.folder() / "runs/cache");
  }
  static const Files& undisturbed() {
    static const Files files = [] {
      const ExperimentRun mnist("mnist");
      const CommandResult result = mnist.run(kFew, environment());
      EXPECT_EQ(result.exit_status, 0) << result.errors;
      return cache_of(mnist);
    }();
    return files;
  }
  // Calls of an undisturbed run.
  static long calls() {
    static const long count = [] {
      const ExperimentRun mnist("mnist");
      const FailingRun whole = run_failing(mnist, kFew, {mnist.folder()}, environment());
      EXPECT_EQ(whole.result.exit_status, 0) << whole.result.errors;
      return whole.calls;
    }();
    return count;
  }
};

TEST_P(FailingDisk, AnyCallMayFailForGood) {
  ASSERT_GT(calls(), 20);
  ASSERT_GT(undisturbed().size(), 3U);
  RecordProperty("calls", static_cast<int>(calls()));
  int failed = 0;
  for (long call = 1; call <= calls(); ++call) {
    const ExperimentRun mnist("mnist");
    const Failure failure{mnist.folder(), call, GetParam(), true};
    const CommandResult result = run_failing(mnist, kFew, failure, environment()).result;
    SCOPED_TRACE(fmt::format("call {} of {}: {}", call, calls(), result.errors));
    if (result.exit_status != 0) {
      ++failed;
      expect_disk_error(result, failure);
    }
    const CommandResult again = mnist.run(kFew, environment());
    ASSERT_EQ(again.exit_status, 0) << again.errors;
    ASSERT_THAT(differing(cache_of(mnist), undisturbed()), IsEmpty());
  }
  RecordProperty("failed", failed);
  // What is written for convenience (logs, progress) may be lost silently; results may not.
  EXPECT_GT(failed, calls() / 2);
}

// One call fails, as a disk does that has a bad sector: whatever the run makes of it, nothing is
// wrong afterwards that counts as right.
TEST_P(FailingDisk, ASingleFailureLeavesNothingWrong) {
  for (long call = 1; call <= calls(); ++call) {
    const ExperimentRun mnist("mnist");
    const Failure failure{mnist.folder(), call, GetParam(), false};
    const CommandResult result = run_failing(mnist, kFew, failure, environment()).result;
    SCOPED_TRACE(fmt::format("call {} of {}: {}", call, calls(), result.errors));
    if (result.exit_status == 0) {
      ASSERT_THAT(differing(cache_of(mnist), undisturbed()), IsEmpty());
      continue;
    }
    expect_disk_error(result, failure);
    const CommandResult again = mnist.run(kFew, environment());
    ASSERT_EQ(again.exit_status, 0) << again.errors;
    ASSERT_THAT(differing(cache_of(mnist), undisturbed()), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, FailingDisk, testing::Values(ENOSPC, EIO), [](const auto& error) {
  return error.param == ENOSPC ? "DiskFull" : "InputOutputError";
});

}  // namespace
}  // namespace ersatz::test
