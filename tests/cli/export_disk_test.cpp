// `ersatz export-run` on a disk that fails: there is a whole export or none.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <string>

#include "cli/cli_fixture.h"
#include "core/file_system.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using Files = std::map<std::string, std::string>;

Files files_of(const fs::path& folder) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), folder).string()] = core::read_file(entry.path());
    }
  }
  return files;
}

class ExportToAFailingDisk : public ::testing::TestWithParam<std::string> {
 protected:
  ExportToAFailingDisk() {
    project_.write_results("mini", 90);
    EXPECT_EQ(project_.ersatz("report toy").exit_status, 0);
  }
  void SetUp() override {
    if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
  }
  CommandResult export_to(const fs::path& target, const std::string& environment = "") const {
    return project_.ersatz(
        fmt::format("export-run toy/mini --to {} '{}'", GetParam(), target.string()), environment);
  }
  // From this call on (0: never), what changes the disk below `folder` fails.
  static std::string failing(const fs::path& folder, long call, int error,
                             const fs::path& count = {}) {
    std::string environment = fmt::format(
        "LD_PRELOAD='{}' ERSATZ_FAILING_FOLDER='{}' ERSATZ_FAILING_CALL={} "
        "ERSATZ_FAILING_ERROR={} ERSATZ_FAILING_ON=1",
        ERSATZ_FAILING_CALLS_LIBRARY, folder.string(), call, error);
    if (!count.empty()) environment += fmt::format(" ERSATZ_FAILING_COUNT='{}'", count.string());
    return environment;
  }

  ToyProject project_;
  TemporaryFolder folder_, other_;
};

TEST_P(ExportToAFailingDisk, ThereIsAllOfItOrNothing) {
  const fs::path disk = folder_.path() / "disk", target = disk / "out";
  core::make_directories(disk);
  const CommandResult whole = export_to(target, failing(disk, 0, 0, other_.path() / "count"));
  ASSERT_EQ(whole.exit_status, 0) << whole.errors;
  const Files expected = files_of(target);
  ASSERT_GE(expected.size(), GetParam() == "tensorboard" ? 1U : 3U);
  fs::remove_all(target);
  const long calls = std::stol(core::read_file(other_.path() / "count"));
  ASSERT_GT(calls, 5);
  RecordProperty("calls", static_cast<int>(calls));
  long nothing = 0;
  for (long call = 1; call <= calls; ++call) {
    const int error = call % 2 == 0 ? ENOSPC : EIO;
    const CommandResult result = export_to(target, failing(disk, call, error));
    SCOPED_TRACE(fmt::format("call {} of {}: {}", call, calls, result.errors));
    if (result.exit_status != 0) {
      EXPECT_THAT(result.errors, HasSubstr("ersatz: error: "));
      EXPECT_THAT(result.errors,
                  HasSubstr(error == ENOSPC ? "No space left" : "Input/output error"));
    }
    if (!fs::exists(target)) {
      ASSERT_NE(result.exit_status, 0);
      ++nothing;
      const CommandResult again = export_to(target);
      ASSERT_EQ(again.exit_status, 0) << again.errors;
    }
    // Also where no more than the last word of the disk was missing, that it keeps the folder.
    ASSERT_EQ(files_of(target), expected);
    fs::remove_all(target);
  }
  EXPECT_GE(nothing, calls - 2);
}

INSTANTIATE_TEST_SUITE_P(Formats, ExportToAFailingDisk,
                         ::testing::Values("csv", "latex", "mlflow", "tensorboard"),
                         [](const auto& format) { return format.param; });

}  // namespace
}  // namespace ersatz::test
