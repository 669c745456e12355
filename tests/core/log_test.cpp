#include "core/log.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

TEST(Log, AFileThatCannotBeOpenedIsNamed) {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "file", "");
  EXPECT_ERSATZ_ERROR(set_log_file(folder / "file/log.txt"), ExitCode::kMissing, "file/log.txt");
  set_log_file(folder / "log.txt");
  log_detail("a detail");
  set_log_file({});
  log_detail("another");
  const std::string text = read_file(folder / "log.txt");
  EXPECT_NE(text.find("a detail\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("another"), std::string::npos) << text;
}

}  // namespace
}  // namespace ersatz::core
