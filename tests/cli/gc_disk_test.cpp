// `ersatz gc` on a disk that has no room for another file, which is when it is called.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cerrno>
#include <filesystem>

#include "cli/cli_fixture.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

TEST(GcOnAFullDisk, NeedsNoRoomForLocks) {
  if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
  // Its first calls that change the disk are for the lock of all plans and that of the stage.
  for (int call = 1; call <= 2; ++call) {
    const ToyProject project;
    const fs::path unused = project.add_stage_output(std::string(64, 'b'));
    const CommandResult result = project.ersatz(
        "gc", fmt::format("LD_PRELOAD='{}' ERSATZ_FAILING_FOLDER='{}' ERSATZ_FAILING_CALL={} "
                          "ERSATZ_FAILING_ERROR={}",
                          ERSATZ_FAILING_CALLS_LIBRARY, project.runs().string(), call, ENOSPC));
    EXPECT_EQ(result.exit_status, 0) << call << ": " << result.errors;
    EXPECT_FALSE(fs::exists(unused)) << call;
  }
}

}  // namespace
}  // namespace ersatz::test
