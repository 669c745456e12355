// Every single change that a run makes on the disk may fail: it ends with a message and the right
// status, and the same command then gives what an undisturbed run gives.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <string>

#include "core/file_system.h"
#include "experiments/run_fixture.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

// Stages that write much of different kinds and compute little.
constexpr const char* kFew = "--profile smoke --only font-digits";

std::string failing(const ExperimentRun& run, long call, int error, bool on,
                    const fs::path& count = {}) {
  std::string environment = fmt::format(
      "LD_PRELOAD='{}' ERSATZ_FAILING_FOLDER='{}' ERSATZ_FAILING_CALL={} ERSATZ_FAILING_ERROR={} "
      "ERSATZ_FAILING_ON={}",
      ERSATZ_FAILING_CALLS_LIBRARY, run.folder().string(), call, error, on ? 1 : 0);
  if (!count.empty()) environment += fmt::format(" ERSATZ_FAILING_COUNT='{}'", count.string());
  return environment;
}

// Name -> bytes of all files in the cache that depend on nothing but the settings.
std::map<std::string, std::string> cache_of(const ExperimentRun& run) {
  std::map<std::string, std::string> files;
  const fs::path cache = run.folder() / "runs/cache";
  for (const auto& entry : fs::recursive_directory_iterator(cache)) {
    const std::string name = fs::relative(entry.path(), cache).string();
    if (!entry.is_regular_file() || entry.path().filename() == "COMPLETE.json" ||
        entry.path().extension() == ".lock") {
      continue;
    }
    files[name] = core::read_file(entry.path());
  }
  return files;
}

class FailingDisk : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
  }
  static const std::map<std::string, std::string>& undisturbed() {
    static const std::map<std::string, std::string> files = [] {
      const ExperimentRun mnist("mnist");
      const CommandResult result = mnist.run(kFew);
      EXPECT_EQ(result.exit_status, 0) << result.errors;
      return cache_of(mnist);
    }();
    return files;
  }
  // Calls of an undisturbed run.
  static long calls() {
    static const long count = [] {
      const ExperimentRun mnist("mnist");
      const TemporaryFolder folder;
      EXPECT_EQ(mnist.run(kFew, failing(mnist, 0, 0, false, folder / "count")).exit_status, 0);
      return std::stol(core::read_file(folder / "count"));
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
    const CommandResult result = mnist.run(kFew, failing(mnist, call, GetParam(), true));
    SCOPED_TRACE(fmt::format("call {} of {}: {}", call, calls(), result.errors));
    if (result.exit_status != 0) {
      ++failed;
      EXPECT_TRUE(result.exit_status == 50 || (GetParam() == EIO && result.exit_status == 1))
          << result.exit_status;
      EXPECT_NE(result.errors.find("ersatz: error: "), std::string::npos);
      EXPECT_NE(result.errors.find(GetParam() == ENOSPC ? "No space left" : "Input/output error"),
                std::string::npos);
    }
    const CommandResult again = mnist.run(kFew);
    ASSERT_EQ(again.exit_status, 0) << again.errors;
    ASSERT_EQ(cache_of(mnist), undisturbed());
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
    const CommandResult result = mnist.run(kFew, failing(mnist, call, GetParam(), false));
    SCOPED_TRACE(fmt::format("call {} of {}: {}", call, calls(), result.errors));
    if (result.exit_status == 0) {
      ASSERT_EQ(cache_of(mnist), undisturbed());
      continue;
    }
    const CommandResult again = mnist.run(kFew);
    ASSERT_EQ(again.exit_status, 0) << again.errors;
    ASSERT_EQ(cache_of(mnist), undisturbed());
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, FailingDisk, testing::Values(ENOSPC, EIO), [](const auto& error) {
  return error.param == ENOSPC ? "DiskFull" : "InputOutputError";
});

}  // namespace
}  // namespace ersatz::test
