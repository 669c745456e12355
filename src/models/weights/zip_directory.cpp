#include "models/weights/zip_directory.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/error.h"
#include "models/weights/byte_reader.h"
#include "models/weights/untrusted_text.h"

namespace ersatz::models {

namespace {

using core::Error;

constexpr std::uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50, kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr std::uint32_t kDescriptor = 0x08074b50;
constexpr std::uint64_t kEndBytes = 22, kEnd64Bytes = 56, kEnd64LocatorBytes = 20;
constexpr std::uint64_t kLocalHeaderBytes = 30;
constexpr std::uint32_t kSaturated = 0xFFFFFFFF;
constexpr std::uint16_t kZip64Extra = 1;
constexpr std::uint16_t kEncrypted = 1, kHasDescriptor = 8, kUtf8Names = 0x800;
constexpr std::uint64_t kMaxEntries = 100'000;
constexpr std::size_t kLongestName = 1024;
constexpr std::string_view kMisplaced = "leaves a hole or overlaps its neighbour";

struct Directory {
  std::uint64_t entries = 0, begin = 0, end = 0;
};

// One entry with what both of its headers say.
struct Headers {
  ZipEntry entry;
  std::uint16_t flags = 0, method = 0;
  std::uint64_t local_header = 0;
};

class ZipReader {
 public:
  ZipReader(std::string_view bytes, const std::filesystem::path& file)
      : bytes_(bytes), file_(file) {}

  std::vector<ZipEntry> entries() {
    const Directory directory = find_directory();
    std::vector<Headers> all;
    ByteReader reader = at(directory.begin, directory.end);
    std::set<std::string_view> names;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      all.push_back(central_header(reader));
      check_name(all.back().entry.name);
    }
    if (reader.remaining() != 0) throw refuse("bytes follow the zip directory", reader.offset());
    for (const Headers& headers : all) {
      if (!names.insert(headers.entry.name).second) throw entry_error(headers, "appears twice");
    }
    std::sort(all.begin(), all.end(),
              [](const Headers& a, const Headers& b) { return a.local_header < b.local_header; });
    if (!all.empty() && all.back().local_header >= directory.begin) {
      throw entry_error(all.back(), "begins outside the archive");
    }
    std::vector<ZipEntry> result;
    std::uint64_t position = 0;  // where the next entry must begin
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].local_header != position) throw entry_error(all[i], kMisplaced);
      position = i + 1 < all.size() ? all[i + 1].local_header : directory.begin;
      check_local_header(all[i], position);
      result.push_back(std::move(all[i].entry));
    }
    if (position != directory.begin) throw refuse("the zip archive has no entries", 0);
    return result;
  }

 private:
  Error refuse(std::string_view what, std::uint64_t offset) const {
    return Error::untrusted(file_, what, offset);
  }
  Error entry_error(const Headers& headers, std::string_view what) const {
    return refuse(fmt::format("zip entry '{}' {}", printable(headers.entry.name), what),
                  headers.local_header);
  }
  ByteReader at(std::uint64_t begin, std::uint64_t end) const {
    return ByteReader(bytes_.substr(begin, end - begin), "the zip archive", file_, begin);
  }

  // The end record is where a file without a comment has it: at the very end. What stands before
  // it must be the directory, byte for byte, so that no second directory can hide anywhere.
  Directory find_directory() const {
    const std::uint64_t size = bytes_.size();
    if (size < kEndBytes) throw refuse("too short to be a zip archive", 0);
    Directory directory;
    directory.end = size - kEndBytes;
    ByteReader end = at(directory.end, size);
    if (end.u32() != kEnd) {
      throw refuse("the zip archive is cut off, or followed by other bytes", size);
    }
    const std::uint16_t disk = end.u16(), directory_disk = end.u16();
    const std::uint16_t entries_here = end.u16();
    directory.entries = end.u16();
    std::uint64_t directory_bytes = end.u32();
    directory.begin = end.u32();
    if (end.u16() != 0) throw refuse("the zip archive has a comment", size - 2);
    if (disk != directory_disk || (disk != 0 && disk != 0xFFFF) ||
        entries_here != directory.entries) {
      throw refuse("the zip archive is split", size - kEndBytes);
    }
    read_zip64_end(directory, directory_bytes);
    if (directory_bytes > directory.end || directory.begin != directory.end - directory_bytes) {
      throw refuse("the zip directory is not where its end record says", directory.end);
    }
    if (directory.entries > kMaxEntries) {
      throw refuse(fmt::format("a zip archive with {} entries is refused", directory.entries),
                   directory.begin);
    }
    return directory;
  }

  // torch.save writes the 64-bit end record always, other tools only when they need it.
  void read_zip64_end(Directory& directory, std::uint64_t& directory_bytes) const {
    if (directory.end < kEnd64Bytes + kEnd64LocatorBytes) return;
    const std::uint64_t locator_at = directory.end - kEnd64LocatorBytes;
    ByteReader locator = at(locator_at, directory.end);
    if (locator.u32() != kEnd64Locator) return;
    const std::uint64_t record_at = locator_at - kEnd64Bytes;
    const std::uint32_t record_disk = locator.u32();
    const std::uint64_t promised = locator.u64();
    if (record_disk != 0 || promised != record_at || locator.u32() != 1) {
      throw refuse("the zip64 end record is not where its locator says", locator_at);
    }
    ByteReader record = at(record_at, locator_at);
    if (record.u32() != kEnd64 || record.u64() != kEnd64Bytes - 12) {
      throw refuse("the zip64 end record is malformed", record_at);
    }
    record.take(4);  // versions
    const std::uint64_t disks = record.u64(), entries_here = record.u64(), entries = record.u64();
    const std::uint64_t size = record.u64(), begin = record.u64();
    const auto differs = [](std::uint64_t small, std::uint64_t large, std::uint64_t saturated) {
      return small != large && small != saturated;
    };
    if (disks != 0 || entries_here != entries || differs(directory.entries, entries, 0xFFFF) ||
        differs(directory_bytes, size, kSaturated) || differs(directory.begin, begin, kSaturated)) {
      throw refuse("the two end records of the zip archive disagree", record_at);
    }
    directory = {entries, begin, record_at};
    directory_bytes = size;
  }

  Headers central_header(ByteReader& reader) const {
    Headers headers;
    headers.local_header = reader.offset();  // for errors, until the true one is known
    if (reader.u32() != kCentralHeader) {
      throw refuse("the zip directory is malformed", headers.local_header);
    }
    reader.take(4);  // versions
    headers.flags = reader.u16();
    headers.method = reader.u16();
    reader.take(4);  // time and date
    headers.entry.crc = reader.u32();
    std::uint64_t stored = reader.u32(), size = reader.u32();
    const std::uint16_t name_bytes = reader.u16(), extra_bytes = reader.u16();
    const std::uint16_t comment_bytes = reader.u16(), disk = reader.u16();
    reader.take(6);  // attributes
    std::uint64_t local_header = reader.u32();
    headers.entry.name = reader.take(name_bytes);
    const std::string_view extra = reader.take(extra_bytes);
    if (comment_bytes != 0) throw entry_error(headers, "has a comment");
    if (disk != 0) throw entry_error(headers, "is on another disk");
    resolve_saturated(headers, extra, {&size, &stored, &local_header});
    headers.local_header = local_header;
    if ((headers.flags & kEncrypted) != 0) throw entry_error(headers, "is encrypted");
    if (headers.method != 0) {
      throw entry_error(
          headers, fmt::format("is compressed (method {}), which weights are not", headers.method))
          .with_hint("load it in PyTorch and save it again with torch.save or as safetensors");
    }
    if ((headers.flags & ~(kHasDescriptor | kUtf8Names)) != 0) {
      throw entry_error(headers, fmt::format("has the unknown flags {:#x}", headers.flags));
    }
    if (stored != size) throw entry_error(headers, "has two sizes");
    headers.entry.bytes = size;
    return headers;
  }

  // 32-bit fields that are all ones stand for 64-bit ones in the zip64 extra field, in this order.
  void resolve_saturated(const Headers& headers, std::string_view extra,
                         std::initializer_list<std::uint64_t*> fields) const {
    std::string_view large;
    ByteReader reader(extra, "the extra field of a zip entry", file_, headers.local_header);
    while (reader.remaining() > 0) {
      const std::uint16_t kind = reader.u16(), size = reader.u16();
      const std::string_view content = reader.take(size);
      if (kind == kZip64Extra) large = content;
    }
    ByteReader values(large, "the zip64 extra field", file_, headers.local_header);
    for (std::uint64_t* field : fields) {
      if (*field == kSaturated) *field = values.u64();
    }
  }

  // `limit`: where the next entry, or the directory, begins.
  void check_local_header(Headers& headers, std::uint64_t limit) const {
    const std::uint64_t start = headers.local_header;
    if (limit < start || limit - start < kLocalHeaderBytes) {
      throw entry_error(headers, kMisplaced);
    }
    const std::string label = fmt::format("zip entry '{}'", printable(headers.entry.name));
    ByteReader reader(bytes_.substr(start, limit - start), label, file_, start);
    if (reader.u32() != kLocalHeader)
      throw entry_error(headers, "has no header where it should be");
    reader.take(2);  // version
    const std::uint16_t flags = reader.u16(), method = reader.u16();
    reader.take(4);  // time and date
    const std::uint32_t crc = reader.u32();
    std::uint64_t stored = reader.u32(), size = reader.u32();
    const std::uint16_t name_bytes = reader.u16(), extra_bytes = reader.u16();
    const std::string_view name = reader.take(name_bytes);
    resolve_saturated(headers, reader.take(extra_bytes), {&size, &stored});
    // With a descriptor behind the content, the local header may leave these three open.
    const bool open = (headers.flags & kHasDescriptor) != 0;
    const auto agrees = [open](std::uint64_t local, std::uint64_t central) {
      return local == central || (open && local == 0);
    };
    if (name != headers.entry.name || flags != headers.flags || method != headers.method ||
        !agrees(crc, headers.entry.crc) || !agrees(stored, headers.entry.bytes) ||
        !agrees(size, headers.entry.bytes)) {
      throw entry_error(headers, "is described differently by the directory and its own header");
    }
    headers.entry.begin = reader.offset();
    if (headers.entry.bytes > reader.remaining()) {
      throw entry_error(headers, kMisplaced);
    }
    reader.take(headers.entry.bytes);
    if (open) check_descriptor(headers, reader);
    if (reader.remaining() != 0) {
      throw entry_error(headers, kMisplaced);
    }
  }

  void check_descriptor(const Headers& headers, ByteReader& reader) const {
    const std::uint64_t size = reader.remaining();
    if (size != 16 && size != 24) throw entry_error(headers, kMisplaced);
    const std::size_t width = size == 24 ? 8 : 4;
    if (reader.u32() != kDescriptor || reader.u32() != headers.entry.crc ||
        reader.number(width) != headers.entry.bytes ||
        reader.number(width) != headers.entry.bytes) {
      throw entry_error(headers, "is described differently by the directory and its descriptor");
    }
  }

  // Names are never used as paths, but one that could climb out of a folder says enough.
  void check_name(const std::string& name) const {
    const auto refuse_name = [&](std::string_view what) {
      return Error::untrusted(file_,
                              fmt::format("the zip entry name '{}' {}", printable(name), what));
    };
    if (name.empty()) throw refuse_name("is empty");
    if (name.size() > kLongestName) throw refuse_name("is too long");
    if (!is_utf8(name)) throw refuse_name("is not UTF-8");
    if (std::any_of(name.begin(), name.end(), [](char c) {
          return static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7F;
        })) {
      throw refuse_name("has control characters or backslashes");
    }
    std::string_view rest = name;
    while (true) {
      const std::size_t slash = rest.find('/');
      const std::string_view part = rest.substr(0, slash);
      if (part.empty()) throw refuse_name("is absolute or has an empty part");
      if (part == "." || part == "..") throw refuse_name("climbs");
      if (slash == std::string_view::npos) return;
      rest.remove_prefix(slash + 1);
    }
  }

  std::string_view bytes_;
  const std::filesystem::path& file_;
};

}  // namespace

std::vector<ZipEntry> read_zip_directory(std::string_view bytes,
                                         const std::filesystem::path& file) {
  return ZipReader(bytes, file).entries();
}

bool has_promised_crc(const ZipEntry& entry, std::string_view bytes) {
  const std::string_view content = bytes.substr(entry.begin, entry.bytes);
  const auto* data = reinterpret_cast<const Bytef*>(content.data());
  return crc32_z(crc32_z(0, nullptr, 0), data, content.size()) == entry.crc;
}

}  // namespace ersatz::models
