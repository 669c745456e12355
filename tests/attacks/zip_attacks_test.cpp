// Zip archives that hide, overlap, inflate or contradict themselves.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "attacks/attack.h"
#include "core/file_system.h"
#include "models/weights/pickle_builder.h"
#include "models/weights/weights.h"
#include "models/weights/zip_builder.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

// {"w": 4 floats}
std::string honest_pickle() {
  PickleBuilder content;
  content.raw("}").text("w").tensor("FloatStorage", "0", 4, 0, {4}, {1}).raw("s");
  return content.stop();
}

// 0: archive/data.pkl, 1: archive/data/0, 2: archive/version.
std::vector<ZipRecord> honest() {
  return torch_records(honest_pickle(), {{"0", std::string(16, '\0')}});
}

// The honest archive after `change`.
Attack changed(const std::string& name, const std::function<void(std::vector<ZipRecord>&)>& change,
               const std::string& message) {
  return {name,
          [change] {
            std::vector<ZipRecord> records = honest();
            change(records);
            return zip_file(records);
          },
          message};
}

Attack renamed(const std::string& name, const std::string& message) {
  return changed(
      "name '" + name + "'", [name](auto& records) { records[1].name = name; }, message);
}

Attack ended(const std::string& name, const std::function<void(ZipEnd&)>& change,
             const std::string& message) {
  return {name,
          [change] {
            ZipEnd end;
            change(end);
            return zip_file(honest(), end);
          },
          message};
}

// An entry beside the three honest ones.
Attack added(const std::string& name, const std::string& content, const std::string& message) {
  return changed(
      "entry " + name,
      [name, content](auto& records) {
        records.emplace_back().name = "archive/" + name;
        records.back().content = content;
      },
      message);
}

std::vector<Attack> structures() {
  return {
      changed(
          "deflated bomb",
          [](auto& records) {
            records[1].content = deflated(std::string(16 << 20, '\0'));
            records[1].method = 8;
            records[1].central_size = 16 << 20;
          },
          "'archive/data/0' is compressed"),
      changed(
          "sizes of a bomb in a stored entry", [](auto& r) { r[1].central_size = 1 << 30; },
          "'archive/data/0' has two sizes"),
      changed(
          "encrypted", [](auto& r) { r[1].flags |= 1; }, "'archive/data/0' is encrypted"),
      changed(
          "patched data", [](auto& r) { r[1].flags |= 0x20; }, "unknown flags 0x828"),
      changed(
          "two entries of one name", [](auto& r) { r[2].name = r[1].name; },
          "'archive/data/0' appears twice"),
      changed(
          "one entry listed twice", [](auto& r) { r[1].central_offset = 0; }, "overlaps"),
      changed(
          "entry in the middle of another", [](auto& r) { r[2].central_offset = 70; },
          "'archive/data.pkl'"),
      changed(
          "entry behind the end", [](auto& r) { r[2].central_offset = 0x7fffffff; },
          "'archive/version' begins outside"),
      changed(
          "hidden bytes between entries", [](auto& r) { r[1].gap = "hidden"; }, "leaves a hole"),
      changed(
          "entry larger than its place",
          [](auto& r) { r[1].central_size = r[1].central_stored = 4000; },
          "'archive/data/0' leaves a hole or overlaps"),
      changed(
          "entry larger than its place, without a descriptor",
          [](auto& r) {
            r[1].flags = 0;
            r[1].central_size = r[1].central_stored = 4000;
          },
          "'archive/data/0' is described differently"),
      changed(
          "entry smaller than its place",
          [](auto& r) { r[1].central_size = r[1].central_stored = 8; }, "'archive/data/0'"),
      changed(
          "another name in the directory", [](auto& r) { r[1].central_name = "archive/data/1"; },
          "'archive/data/1' is described differently"),
      changed(
          "size of 2^64-1 in the extra field",
          [](auto& r) {
            r[1].central_size = r[1].central_stored = 0xFFFFFFFF;
            r[1].central_extra = little_endian(1, 2) + little_endian(16, 2) +
                                 little_endian(~0ULL, 8) + little_endian(~0ULL, 8);
          },
          "'archive/data/0'"),
      changed(
          "64-bit size without an extra field",
          [](auto& r) { r[1].central_size = r[1].central_stored = 0xFFFFFFFF; },
          "zip64 extra field"),
      changed(
          "extra field longer than itself",
          [](auto& r) { r[1].central_extra = little_endian(1, 2) + little_endian(900, 2); },
          "extra field"),
      changed(
          "wrong CRC of the pickle", [](auto& r) { r[0].crc = 7; },
          "'archive/data.pkl' does not have its CRC"),
      changed(
          "pickle of 65 MB",
          [](auto& r) {
            r[0].content = std::string(65 << 20, '.');
            r[0].crc = 0;
          },
          "'archive/data.pkl' has 68157440 bytes"),
      ended(
          "more entries than there are", [](ZipEnd& end) { end.entries = 4; },
          "the zip archive ends"),
      ended(
          "fewer entries than there are", [](ZipEnd& end) { end.entries = 2; },
          "bytes follow the zip directory"),
      ended(
          "no entries", [](ZipEnd& end) { end.entries = 0; }, "bytes follow the zip directory"),
      ended(
          "60000 entries", [](ZipEnd& end) { end.entries = 60000; }, "the zip archive ends"),
      ended(
          "2^60 entries",
          [](ZipEnd& end) {
            end.entries = 0xFFFF;
            end.zip64_entries = 1ULL << 60;
          },
          "1152921504606846976 entries is refused"),
      ended(
          "end records that disagree", [](ZipEnd& end) { end.zip64_entries = 4; }, "disagree"),
      ended(
          "directory elsewhere", [](ZipEnd& end) { end.begin = 10; },
          "the zip directory is not where"),
      ended(
          "directory behind the end", [](ZipEnd& end) { end.begin = 1 << 30; },
          "the zip directory is not where"),
      ended(
          "directory larger than the file", [](ZipEnd& end) { end.size = 1 << 30; },
          "the zip directory is not where"),
      ended(
          "comment", [](ZipEnd& end) { end.comment = "hello"; }, "cut off, or followed"),
      ended(
          "trailing bytes", [](ZipEnd& end) { end.trailing = "MZ"; }, "cut off, or followed"),
      {"no end", [] { return zip_file(honest()).substr(0, 400); }, "cut off"},
      {"only a magic number", [] { return std::string("PK\x03\x04"); }, "too short"},
      {"empty archive",
       [] {
         ZipEnd end;
         end.zip64 = false;
         return zip_file({}, end);
       },
       "no data.pkl"},
  };
}

std::vector<Attack> names() {
  return {
      renamed("/etc/passwd", "'/etc/passwd' is absolute"),
      renamed("../../evil", "'../../evil' climbs"),
      renamed("archive/data/../../x", "climbs"),
      renamed("archive//data/0", "has an empty part"),
      renamed("archive\\data\\0", "backslashes"),
      renamed(std::string("archive/data/0\0x", 16), "control characters"),
      renamed("archive/data/\x1b[2J", "'archive/data/\\x1b[2J'"),
      renamed("archive/data/\xff", "'archive/data/\\xff' is not UTF-8"),
      renamed("", "is empty"),
      renamed("archive/" + std::string(2000, 'a'), "is too long"),
      renamed("other/data/0", "'other/data/0' is not in the archive's one folder"),
      renamed("archive/evil.py", "'archive/evil.py' is nothing that torch.save writes"),
      renamed("archive/version2/data.pkl", "nothing that torch.save writes"),
      changed(
          "no pickle", [](auto& records) { records[0].name = "archive/data/pkl"; }, "no data.pkl"),
      added("byteorder", "big", "big-endian"),
      added("constants.pkl", "", "'archive/constants.pkl' belongs to a TorchScript program"),
      added("code/__torch__.py", "", "belongs to a TorchScript program"),
  };
}

TEST(ZipAttack, ContradictoryArchivesAreRefused) { expect_refused(structures()); }

TEST(ZipAttack, WrongNamesAreRefused) { expect_refused(names()); }

TEST(ZipAttack, TheHonestArchiveIsNotRefused) {
  const TemporaryFolder folder;
  core::write_file_atomic(folder / "w", zip_file(honest()));
  EXPECT_EQ(models::open_weights(folder / "w").tensors.at("w").numel(), 4);
}

TEST(ZipAttack, EveryTruncationIsRefused) {
  const std::string whole = zip_file(honest());
  std::vector<Attack> attacks;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    attacks.push_back({std::to_string(size) + " bytes",
                       [&whole, size] { return whole.substr(0, size); }, "hostile.bin"});
  }
  expect_refused(attacks);
}

}  // namespace
}  // namespace ersatz::test
