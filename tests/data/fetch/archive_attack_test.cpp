// Hostile archives, each with the refusal it must meet.
#include <functional>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "data/fetch/archive.h"
#include "data/fetch/archive_builder.h"
#include "data/fetch/test_server.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using test::ArchiveBuilder;

struct Attack {
  const char* name;
  const char* file;  // its ending chooses the format
  std::function<void(ArchiveBuilder&)> build;
  const char* refusal;
};

const std::string& megabytes_of_zeros() {
  static const std::string zeros(8 << 20, '\0');
  return zeros;
}

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> list = {
      {"ZipParent", "a.zip", [](auto& a) { a.file("ok/../../evil", "x"); }, "climbs out with '..'"},
      {"TarParent", "a.tar", [](auto& a) { a.file("../evil", "x"); }, "climbs out with '..'"},
      {"ZipAbsolute", "a.zip", [](auto& a) { a.file("/evil", "x"); }, "is absolute"},
      {"TarAbsolute", "a.tar", [](auto& a) { a.file("/evil", "x"); }, "is absolute"},
      // libarchive reads a backslash in a zip as a slash.
      {"ZipBackslash", "a.zip", [](auto& a) { a.file("..\\evil", "x"); }, "climbs out"},
      {"TarBackslash", "a.tar", [](auto& a) { a.file("..\\evil", "x"); }, "a backslash"},
      {"ZipSymlink", "a.zip", [](auto& a) { a.symlink("link", "/etc"); }, "is a symbolic link"},
      {"TarSymlink", "a.tar", [](auto& a) { a.symlink("link", ".."); }, "is a symbolic link"},
      {"TarThroughSymlink", "a.tar",
       [](auto& a) { a.symlink("link", "..").file("link/evil", "x"); }, "is a symbolic link"},
      {"TarHardlink", "a.tar", [](auto& a) { a.file("a", "x").hardlink("evil", "/etc/passwd"); },
       "is a hard link"},
      {"TarFifo", "a.tar", [](auto& a) { a.fifo("pipe"); }, "device or special file"},
      {"TarDevice", "a.tar", [](auto& a) { a.device("tty"); }, "device or special file"},
      {"ZipDuplicate", "a.zip", [](auto& a) { a.file("a", "1").file("a", "2"); }, "appears twice"},
      {"TarDuplicate", "a.tar", [](auto& a) { a.file("a", "1").file("./a", "2"); },
       "appears twice"},
      {"ZipCaseFold", "a.zip", [](auto& a) { a.file("Read.me", "1").file("read.ME", "2"); },
       "'Read.me' only in case"},
      {"TarCaseFoldFolder", "a.tar", [](auto& a) { a.file("Dir/a", "1").file("dir/b", "2"); },
       "only in case"},
      {"TarCaseFoldNonAscii", "a.tar",
       [](auto& a) { a.file("\xC3\x84.txt", "1").file("\xC3\xA4.txt", "2"); }, "only in case"},
      {"TarFileAsFolder", "a.tar", [](auto& a) { a.file("a", "1").file("a/b", "2"); },
       "which is a file"},
      {"TarFolderAsFile", "a.tar", [](auto& a) { a.file("a/b", "1").file("a", "2"); },
       "both a file and a folder"},
      {"TarNotUtf8", "a.tar", [](auto& a) { a.file("\xFF\xFE", "x"); }, "not valid"},
      {"TarControl", "a.tar", [](auto& a) { a.file("a\x1B[2Jb", "x"); }, "a control character"},
      {"TarLongName", "a.tar", [](auto& a) { a.file(std::string(256, 'n'), "x"); },
       "longer than 255"},
      {"ZipBomb", "a.zip", [](auto& a) { a.file("zeros", megabytes_of_zeros()); }, "100:1"},
      {"TarGzBomb", "a.tar.gz", [](auto& a) { a.file("zeros", megabytes_of_zeros()); }, "100:1"},
      {"TarZstBomb", "a.tar.zst", [](auto& a) { a.file("zeros", megabytes_of_zeros()); }, "100:1"},
      {"ZipTooManyEntries", "a.zip",
       [](auto& a) {
         for (int i = 0; i < 60; ++i) a.file("f" + std::to_string(i), "");
       },
       "more than 50 entries"},
      {"ZipFileTooLarge", "a.zip", [](auto& a) { a.file("a", test::test_bytes(700'000)); },
       "exceeds the limit of 600000 bytes"},
      {"TarTotalTooLarge", "a.tar",
       [](auto& a) { a.file("a", test::test_bytes(500'000)).file("b", test::test_bytes(500'001)); },
       "entry 'b' exceeds the limit"},
  };
  return list;
}

class ArchiveAttack : public ::testing::TestWithParam<Attack> {};

TEST_P(ArchiveAttack, IsRefusedAndLeavesNothing) {
  const Attack& attack = GetParam();
  const test::TemporaryFolder folder;
  const fs::path archive = folder / attack.file;
  const ArchiveFormat format =
      archive.extension() == ".zip" ? ArchiveFormat::kZip : ArchiveFormat::kTar;
  {
    ArchiveBuilder builder(archive, format);
    attack.build(builder);
  }
  ArchiveLimits limits;
  const bool bomb = std::string(attack.refusal) == "100:1";
  limits.max_bytes = bomb ? std::uint64_t{1} << 30 : 1'000'000;
  limits.max_file_bytes = bomb ? limits.max_bytes : 600'000;
  limits.max_entries = 50;
  EXPECT_ERSATZ_ERROR(extract_archive(archive, format, folder / "out", limits),
                      ExitCode::kUntrustedData, attack.refusal);
  EXPECT_ERSATZ_ERROR(extract_archive(archive, format, folder / "out", limits),
                      ExitCode::kUntrustedData, archive.string());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1)
      << "something besides the archive is there";
}

INSTANTIATE_TEST_SUITE_P(All, ArchiveAttack, ::testing::ValuesIn(attacks()),
                         [](const auto& information) { return information.param.name; });

}  // namespace
}  // namespace ersatz::data
