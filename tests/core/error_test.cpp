#include "core/error.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <system_error>

#include "core/filesystem_failure.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

namespace fs = std::filesystem;

TEST(Error, FactoriesCarryTheirExitCode) {
  EXPECT_EQ(Error::usage("x").exit_status(), 2);
  EXPECT_EQ(Error::numeric("loss", "step 3").exit_status(), 20);
  EXPECT_EQ(Error::untrusted("f", "bad").exit_status(), 30);
  EXPECT_EQ(Error::digest_mismatch("f", "a", "b").exit_status(), 31);
  EXPECT_EQ(Error::missing("x").exit_status(), 40);
  EXPECT_EQ(Error::io("write", "f", ENOSPC).exit_status(), 50);
  EXPECT_EQ(Error::io("open", "f", ENOENT).exit_status(), 40);
  EXPECT_EQ(Error::io("write", "f", EIO).exit_status(), 50);
  EXPECT_EQ(Error::io("write", "f", EACCES).exit_status(), 2);
  EXPECT_EQ(Interrupted(SIGINT).exit_status(), 130);
  EXPECT_EQ(Interrupted(SIGTERM).exit_status(), 143);
}

// Mistakes of whoever named the path, not ours.
TEST(Error, PathsThatNameSomethingElseAreUsage) {
  for (const int number : {EISDIR, EBUSY, EEXIST, ENOTEMPTY, ELOOP, ENAMETOOLONG, EINVAL}) {
    EXPECT_EQ(Error::io("open", "f", number).exit_status(), 2) << number;
    EXPECT_EQ(
        filesystem_failure(fs::filesystem_error("status", "f", {number, std::generic_category()}))
            .exit_status(),
        2)
        << number;
  }
  EXPECT_EQ(Error::io("open", "f", EMFILE).exit_status(), 1);
}

TEST(Error, TheStandardLibrarysErrorsOfFilesKeepTheirMessage) {
  const Error error = filesystem_failure(fs::filesystem_error(
      "cannot copy", "from", "to", std::make_error_code(std::errc::permission_denied)));
  EXPECT_EQ(error.exit_status(), 2);
  EXPECT_NE(std::string(error.what()).find("cannot copy"), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("[from] [to]"), std::string::npos) << error.what();
  EXPECT_NE(error.hint(), "");
}

TEST(Error, MessagesSayWhatWhereAndHint) {
  EXPECT_STREQ(Error::untrusted("a/b.gz", "wrong magic number", 4).what(),
               "a/b.gz: wrong magic number (at byte 4)");
  EXPECT_EQ(Error::unknown("profile", "minni", "mini").hint(), "did you mean 'mini'?");
  EXPECT_STREQ(Error::at_line("p.toml", 7, "unknown key").what(), "p.toml:7: unknown key");
}

int throw_bad_alloc(int, char**) { throw std::bad_alloc(); }
int throw_missing(int, char**) { throw Error::missing("gone"); }
int throw_disk_full(int, char**) {
  throw fs::filesystem_error("cannot rename", "a", "b",
                             std::make_error_code(std::errc::no_space_on_device));
}
int throw_unclassified(int, char**) { throw std::runtime_error("?"); }

TEST(Error, ReportExceptionsTurnsThemIntoExitCodes) {
  EXPECT_EQ(report_exceptions(throw_bad_alloc, 0, nullptr), 51);
  EXPECT_EQ(report_exceptions(throw_missing, 0, nullptr), 40);
  EXPECT_EQ(report_exceptions(throw_disk_full, 0, nullptr), 50);
  EXPECT_EQ(report_exceptions(throw_unclassified, 0, nullptr), 1);
}

}  // namespace
}  // namespace ersatz::core
