// Writes zip archives as torch.save does, and ones that lie.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ersatz::test {

struct ZipRecord {
  std::string name, content;
  std::string gap;  // bytes in front of its local header
  std::uint16_t method = 0;
  std::uint16_t flags = 0x0808;  // sizes follow the content; names are UTF-8
  std::optional<std::uint32_t> crc;
  // What the central directory says instead of the truth.
  std::optional<std::string> central_name;
  std::optional<std::uint64_t> central_size, central_stored, central_offset;
  std::string central_extra;
};

struct ZipEnd {
  bool zip64 = true;
  std::optional<std::uint64_t> entries, size, begin;  // in both end records
  std::optional<std::uint64_t> zip64_entries;         // in the 64-bit one only
  std::string comment, trailing;
};

// Contents are aligned to 64 bytes with an extra field, as torch.save aligns them.
std::string zip_file(const std::vector<ZipRecord>& records, const ZipEnd& end = {});

// The records of a torch.save archive: data.pkl, data/<key> and version, in the folder "archive".
std::vector<ZipRecord> torch_records(const std::string& pickle,
                                     const std::map<std::string, std::string>& storages);

inline std::string torch_zip(const std::string& pickle,
                             const std::map<std::string, std::string>& storages) {
  return zip_file(torch_records(pickle, storages));
}

// The bytes as deflate (RFC 1951) packs them.
std::string deflated(const std::string& bytes);

}  // namespace ersatz::test
