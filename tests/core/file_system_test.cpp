#include "core/file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/atomic_file.h"
#include "core/exit_code.h"
#include "support/partial_files.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

TEST(FileSystem, AtomicWriteReplacesAndLeavesNoPartial) {
  test::TemporaryFolder folder;
  const fs::path file = folder / "a/b/c.txt";
  write_file_atomic(file, "one");
  write_file_atomic(file, "two");
  EXPECT_EQ(read_file(file), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), fs::directory_iterator()), 1);
}

TEST(FileSystem, FailedWriteKeepsTheOldContent) {
  // A folder in the way makes the rename fail.
  test::TemporaryFolder folder;
  fs::create_directories(folder / "target/inside");
  EXPECT_ANY_THROW(write_file_atomic(folder / "target", "x"));
  EXPECT_TRUE(fs::is_directory(folder / "target/inside"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(FileSystem, AFileWrittenInPiecesAppearsOnlyWhenItIsComplete) {
  test::TemporaryFolder folder;
  const fs::path path = folder / "a/b";
  {
    AtomicFile file(path);
    file.write("one");
    file.write(", two");
    EXPECT_FALSE(fs::exists(path));
    file.commit();
  }
  EXPECT_EQ(read_file(path), "one, two");
  {
    AtomicFile abandoned(path);
    abandoned.write("three");
  }
  EXPECT_EQ(read_file(path), "one, two");
  EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), fs::directory_iterator()), 1);
}

TEST(FileSystem, NamesMayBeAsLongAsTheSystemAllows) {
  const test::TemporaryFolder folder;
  const fs::path one = folder / (std::string(254, 'x') + "1"),
                 other = folder / (std::string(254, 'x') + "2");
  EXPECT_NE(partial_path(one), partial_path(other));
  EXPECT_EQ(partial_path(one).filename().string().size(), 255U);
  write_file_atomic(one, "one");
  write_file_atomic(other, "other");
  EXPECT_EQ(read_file(one), "one");
  EXPECT_EQ(read_file(other), "other");
}

TEST(FileSystem, AppendToAFullDeviceIsDiskFull) {
  EXPECT_ERSATZ_ERROR(append_line("/dev/full", "x"), ExitCode::kDiskFull, "cannot write");
}

TEST(FileSystem, AbandonedIsWhatADeadProcessLeftHalfWritten) {
  using test::kNobody;
  using test::partial_of;
  EXPECT_EQ(partial_path("folder/x"), partial_of("folder/x", ::getpid()));
  EXPECT_FALSE(is_abandoned(partial_path("x")));
  EXPECT_TRUE(is_abandoned(partial_of("folder/x", kNobody)));
  EXPECT_TRUE(is_abandoned(partial_of("a@b.c", kNobody)));
  // Another machine's processes have numbers of their own.
  EXPECT_FALSE(is_abandoned(partial_of("x", kNobody, "elsewhere")));
  EXPECT_FALSE(is_abandoned(partial_of("x", -1)));
  const std::string whole = partial_of("x", kNobody).string();
  for (const std::string& other :
       {std::string("x.partial"), std::string("x.12a.partial"), std::string("x.999999999.partial"),
        whole.substr(0, whole.rfind('.')), whole + "x", "x.12a" + whole.substr(whole.find('@'))}) {
    EXPECT_FALSE(is_abandoned(other)) << other;
  }
  EXPECT_LE(partial_path("x").string().size(), 1U + 48U);
}

TEST(FileSystem, ReadLimitsAndMissing) {
  test::TemporaryFolder folder;
  write_file_atomic(folder / "f", "12345");
  EXPECT_ERSATZ_ERROR(read_file(folder / "f", 4), ExitCode::kUntrustedData, "5 bytes");
  EXPECT_ERSATZ_ERROR(read_file(folder / "no"), ExitCode::kMissing, "cannot open");
}

TEST(FileSystem, AppendLineWritesWholeLines) {
  test::TemporaryFolder folder;
  append_line(folder / "log", "a");
  append_line(folder / "log", "b");
  EXPECT_EQ(read_file(folder / "log"), "a\nb\n");
}

TEST(FileSystem, ReplaceDirectoryExchangesTheWholeTree) {
  test::TemporaryFolder folder;
  write_file_atomic(folder / "old/x", "old");
  write_file_atomic(folder / "old/only_old", "old");
  write_file_atomic(folder / "new.partial/x", "new");
  replace_directory(folder / "new.partial", folder / "old");
  EXPECT_EQ(read_file(folder / "old/x"), "new");
  EXPECT_FALSE(fs::exists(folder / "old/only_old"));
  EXPECT_FALSE(fs::exists(folder / "new.partial"));
}

TEST(FileSystem, ASharedTreeIsThereUnderBothNames) {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "from/deep/er/a", "a");
  write_file_atomic(folder / "from/b", "b");
  make_directories(folder / "from/empty");
  share_tree(folder / "from", folder / "to");
  EXPECT_EQ(read_file(folder / "to/deep/er/a"), "a");
  EXPECT_EQ(read_file(folder / "from/b"), "b");
  EXPECT_EQ(fs::hard_link_count(folder / "to/b"), 2);
  EXPECT_TRUE(fs::is_directory(folder / "to/empty"));
  EXPECT_EQ(tree_bytes(folder.path()), 2U);
  EXPECT_ERSATZ_ERROR(share_tree(folder / "from/b", folder / "to/b"), ExitCode::kInternal,
                      "exists");
  EXPECT_ERSATZ_ERROR(share_tree(folder / "none", folder / "to/none"), ExitCode::kMissing, "none");
}

TEST(FileSystem, WhatAKilledWriterLeftIsNotShared) {
  const test::TemporaryFolder folder;
  const fs::path shard = folder / "from/shards/a.safetensors";
  write_file_atomic(shard, "a");
  write_file_atomic(test::partial_of(shard, test::kNobody), "half of it");
  share_tree(folder / "from", folder / "to");
  EXPECT_TRUE(fs::exists(folder / "to/shards/a.safetensors"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "to/shards"), fs::directory_iterator()),
            1);
}

// Memory and disk are two file systems, between which there are no hard links.
TEST(FileSystem, ATreeIsCopiedWhereItCannotBeShared) {
  const fs::path memory = "/dev/shm";
  const test::TemporaryFolder folder;
  struct stat here {
  }, there{};
  if (::stat(memory.c_str(), &there) != 0 || ::stat(folder.path().c_str(), &here) != 0 ||
      here.st_dev == there.st_dev || ::access(memory.c_str(), W_OK) != 0) {
    GTEST_SKIP() << "there is no second file system";
  }
  const fs::path from = memory / folder.path().filename();
  write_file_atomic(from / "in/a", "a");
  share_tree(from, folder / "to");
  remove_tree(from);
  EXPECT_EQ(read_file(folder / "to/in/a"), "a");
}

TEST(FileSystem, LockExcludesAndIsReleased) {
  test::TemporaryFolder folder;
  const std::string lock = (folder / "l").string();
  const std::string try_lock = "flock --nonblock " + lock + " true";
  {
    const FileLock held(lock, "test");
    EXPECT_NE(test::run_command(try_lock).exit_status, 0);
  }
  EXPECT_EQ(test::run_command(try_lock).exit_status, 0);
}

TEST(FileSystem, NamesWithoutAFolderAreInThisOne) {
  test::TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_file_atomic("staged/a", "new");
  EXPECT_NO_THROW(replace_directory("staged", "target"));
  write_file_atomic("staged/a", "newer");
  EXPECT_NO_THROW(replace_directory("staged", "target"));
  EXPECT_NO_THROW(FileLock("lock", "a test"));
  fs::current_path(before);
  EXPECT_EQ(read_file(folder / "target/a"), "newer");
  EXPECT_FALSE(fs::exists(folder / "staged"));
}

}  // namespace
}  // namespace ersatz::core
