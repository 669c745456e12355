// core::replace_directory on a file system that cannot exchange two folders: the C library's
// renameat2 and rename are replaced in this program and fail when a test says so.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "core/abandoned.h"
#include "core/exit_code.h"
#include "core/file_system.h"
#include "core/staged_folder.h"
#include "support/test_support.h"

namespace {

bool can_exchange = true;
int renames_left = -1;       // -1: as many as there are
int rename_error = ENOSPC;   // of the one that fails
bool kill_at_limit = false;  // instead of failing

}  // namespace

extern "C" {

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned int flags) noexcept {
  if (!can_exchange) {
    errno = EINVAL;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int rename(const char* from, const char* to) noexcept {
  if (renames_left == 0) {
    if (kill_at_limit) ::kill(::getpid(), SIGKILL);
    renames_left = -1;
    errno = rename_error;
    return -1;
  }
  if (renames_left > 0) --renames_left;
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
}

namespace ersatz::core {
namespace {

class ReplaceDirectory : public testing::Test {
 protected:
  ReplaceDirectory() {
    write_file_atomic(target() / "x", "old");
    write_file_atomic(target() / "only_old", "old");
    write_file_atomic(staged() / "x", "new");
    can_exchange = false;
  }
  ~ReplaceDirectory() override {
    can_exchange = true;
    renames_left = -1;
    rename_error = ENOSPC;
  }

  fs::path target() const { return folder_ / "target"; }
  fs::path staged() const { return partial_path(target()); }
  int entries() const {
    return static_cast<int>(
        std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(ReplaceDirectory, TakesTwoStepsWhereFoldersCannotBeExchanged) {
  replace_directory(staged(), target());
  EXPECT_EQ(read_file(target() / "x"), "new");
  EXPECT_FALSE(fs::exists(target() / "only_old"));
  EXPECT_EQ(entries(), 1);
}

TEST_F(ReplaceDirectory, LeavesTheTargetAsItWasWhenAStepFails) {
  for (const int step : {0, 1}) {
    renames_left = step;
    EXPECT_ERSATZ_ERROR(replace_directory(staged(), target()), ExitCode::kDiskFull, "rename");
    EXPECT_EQ(read_file(target() / "x"), "old") << step;
    EXPECT_EQ(read_file(target() / "only_old"), "old") << step;
    EXPECT_EQ(read_file(staged() / "x"), "new") << step;
    EXPECT_EQ(entries(), 2) << step;
  }
}

TEST_F(ReplaceDirectory, PutsTheOldTreeBackAfterAKillBetweenTheSteps) {
  const pid_t child = ::fork();
  if (child == 0) {
    // As a process of its own: its files bear its number.
    write_file_atomic(staged() / "x", "new");
    renames_left = 1;
    kill_at_limit = true;
    replace_directory(staged(), target());
    std::_Exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_FALSE(fs::exists(target()));
  {
    const StagedFolder another(target());
    EXPECT_EQ(read_file(target() / "x"), "old");
    EXPECT_EQ(read_file(target() / "only_old"), "old");
  }
  EXPECT_EQ(entries(), 1);
}

TEST_F(ReplaceDirectory, RemovesWhatAKillAfterTheStepsLeft) {
  const pid_t child = ::fork();
  if (child == 0) {
    // The old tree is set aside under this number, the new one has taken its place.
    write_file_atomic(partial_path(set_aside(target())) / "x", "older");
    std::_Exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(entries(), 3);
  remove_abandoned(target());
  EXPECT_EQ(read_file(target() / "x"), "old");
  EXPECT_EQ(entries(), 1);
}

// What another process has left, ended since.
void leave_behind(const fs::path& target) {
  const pid_t child = ::fork();
  if (child == 0) {
    write_file_atomic(partial_path(target) / "x", "left");
    std::_Exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
}

TEST_F(ReplaceDirectory, WhatCannotBePutBackIsKept) {
  fs::remove_all(target());
  leave_behind(set_aside(target()));
  for (const int error : {EACCES, EIO, ENOSPC, EROFS}) {
    renames_left = 0;
    rename_error = error;
    EXPECT_THROW(remove_abandoned(target()), Error) << error;
    EXPECT_EQ(entries(), 1) << error;
  }
  remove_abandoned(target());
  EXPECT_EQ(read_file(target() / "x"), "left");
}

TEST_F(ReplaceDirectory, AnotherProcessMayPutItBackFirst) {
  fs::remove_all(target());
  leave_behind(set_aside(target()));
  renames_left = 0;
  rename_error = ENOENT;  // as if it had just gone
  remove_abandoned(target());
  EXPECT_EQ(entries(), 1);
  renames_left = 0;
  rename_error = ENOTEMPTY;  // as if there were a whole target
  remove_abandoned(target());
  EXPECT_EQ(entries(), 0);
}

TEST_F(ReplaceDirectory, TouchesNothingOfItsNeighbours) {
  const fs::path neighbour = target().string() + ".v2";
  leave_behind(neighbour);
  leave_behind(set_aside(neighbour));
  leave_behind(set_aside(set_aside(target())));
  remove_abandoned(target());
  EXPECT_EQ(entries(), 4) << "the target's own partial folder is gone";
  remove_abandoned(neighbour);
  EXPECT_EQ(read_file(neighbour / "x"), "left") << "put back";
  EXPECT_EQ(entries(), 3);
}

TEST_F(ReplaceDirectory, LongNamesAreRecognised) {
  const fs::path target = this->target().parent_path() / std::string(250, 'n');
  leave_behind(target);
  leave_behind(set_aside(target));
  remove_abandoned(target);
  EXPECT_EQ(read_file(target / "x"), "left") << "put back";
  leave_behind(target);
  leave_behind(set_aside(target));
  remove_abandoned(target);
  EXPECT_EQ(entries(), 3);
}

TEST(SetAside, KnowsItsTarget) {
  const fs::path target = "a/b.c";
  EXPECT_EQ(target_of_set_aside(partial_path(set_aside(target))), target);
  EXPECT_EQ(target_of_set_aside(partial_path(target)), "");
  EXPECT_EQ(target_of_set_aside(set_aside(target)), "");
  EXPECT_EQ(target_of_set_aside("a/.set-aside.1@x.partial"), "");
}

}  // namespace
}  // namespace ersatz::core
