#include "data/fetch/archive.h"

#include <random>
#include <string>

#include "core/digest.h"
#include "core/file_system.h"
#include "data/fetch/archive_builder.h"
#include "data/fetch/test_server.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using test::ArchiveBuilder;

ArchiveLimits megabyte() {
  ArchiveLimits limits;
  limits.max_bytes = 1'000'000;
  return limits;
}

class ArchiveTest : public ::testing::TestWithParam<const char*> {
 protected:
  static ArchiveFormat format_of(const fs::path& path) {
    return path.extension() == ".zip" ? ArchiveFormat::kZip : ArchiveFormat::kTar;
  }
  fs::path archive() const { return folder_ / GetParam(); }
  ArchiveFormat format() const { return format_of(archive()); }
  fs::path out() const { return folder_ / "out"; }

  test::TemporaryFolder folder_;
};

TEST_P(ArchiveTest, ExtractsFilesAndFolders) {
  const std::string noise = test::test_bytes(300'000);
  ArchiveBuilder(archive(), format())
      .folder("./")
      .folder("./pictures/")
      .file("./pictures/a.bin", noise)
      .file("K\xC3\xA4se.txt", "cheese")
      .folder("pictures")
      .file("empty", "");
  const ExtractedTree tree = extract_archive(archive(), format(), out(), megabyte());
  EXPECT_EQ(tree.files, 3u);
  EXPECT_EQ(tree.bytes, noise.size() + 6);
  EXPECT_EQ(core::read_file(out() / "pictures" / "a.bin"), noise);
  EXPECT_EQ(core::read_file(out() / "K\xC3\xA4se.txt"), "cheese");
  EXPECT_EQ(core::read_file(out() / "empty"), "");
  EXPECT_EQ(tree.digest, tree_digest({{"empty", core::sha256_hex("")},
                                      {"K\xC3\xA4se.txt", core::sha256_hex("cheese")},
                                      {"pictures/a.bin", core::sha256_hex(noise)}}));
  EXPECT_FALSE(fs::exists(folder_ / "out.partial"));
}

TEST_P(ArchiveTest, ReplacesWhatWasThereOnlyOnSuccess) {
  core::write_file_atomic(out() / "old", "old");
  ArchiveBuilder(archive(), format()).file("new", "new").file("../evil", "x");
  EXPECT_ERSATZ_ERROR(extract_archive(archive(), format(), out(), megabyte()),
                      ExitCode::kUntrustedData, "climbs out");
  EXPECT_TRUE(fs::exists(out() / "old"));
  EXPECT_FALSE(fs::exists(folder_ / "out.partial"));
  EXPECT_FALSE(fs::exists(folder_ / "evil"));

  ArchiveBuilder(archive(), format()).file("new", "new");
  extract_archive(archive(), format(), out(), megabyte());
  EXPECT_FALSE(fs::exists(out() / "old"));
  EXPECT_EQ(core::read_file(out() / "new"), "new");
}

TEST_P(ArchiveTest, DamageNeverDoesMoreThanThrow) {
  ArchiveBuilder(archive(), format()).file("a/b", test::test_bytes(2000)).file("c", "text");
  const std::string valid = core::read_file(archive());
  std::mt19937 random(5);
  // Files and folders other than the destination must never appear.
  for (int round = 0; round < 60; ++round) {
    std::string bytes = valid;
    for (int flips = 1 + static_cast<int>(random() % 6); flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random() & 0xFF);
    }
    if (random() % 6 == 0) bytes.resize(random() % bytes.size());
    core::remove_tree(archive());
    core::append_line(archive(), bytes);
    try {
      extract_archive(archive(), format(), out(), megabyte());
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUntrustedData) << error.what();
    }
    core::remove_tree(out());
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1);
  }
}

TEST_P(ArchiveTest, OtherFilesAreNotArchives) {
  core::write_file_atomic(archive(), test::test_bytes(5000));
  EXPECT_ERSATZ_ERROR(extract_archive(archive(), format(), out(), megabyte()),
                      ExitCode::kUntrustedData, GetParam());
  core::write_file_atomic(archive(), "");
  EXPECT_ERSATZ_ERROR(extract_archive(archive(), format(), out(), megabyte()),
                      ExitCode::kUntrustedData, GetParam());
  core::remove_tree(archive());
  EXPECT_ERSATZ_ERROR(extract_archive(archive(), format(), out(), megabyte()), ExitCode::kMissing,
                      GetParam());
}

TEST_P(ArchiveTest, WorksBelowASymbolicLink) {
  // A cache folder may be a link to a larger disk: the user's choice, not the archive's.
  fs::create_directory(folder_ / "disk");
  fs::create_directory_symlink(folder_ / "disk", folder_ / "link");
  ArchiveBuilder(archive(), format()).file("a", "text");
  extract_archive(archive(), format(), folder_ / "link" / "out", megabyte());
  EXPECT_EQ(core::read_file(folder_ / "disk" / "out" / "a"), "text");
}

INSTANTIATE_TEST_SUITE_P(Formats, ArchiveTest,
                         ::testing::Values("a.zip", "a.tar", "a.tar.gz", "a.tar.zst"),
                         [](const auto& information) {
                           std::string name = information.param;
                           for (char& c : name) c = c == '.' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace ersatz::data
