// The central directory of a zip archive that only stores (PKWARE APPNOTE 6.3, sections 4.3-4.5),
// as torch.save writes them, checked so strictly that every byte of the file has one meaning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::models {

struct ZipEntry {
  std::string name;
  std::uint64_t begin = 0;  // of its content, counted from the start of the file
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
};

// Entries in order of position. `bytes` is the whole file; files above 4 GiB are supported. Refuses
// (Error::untrusted, exit 30) compressed, encrypted, split or commented archives; entries that
// overlap or leave holes; local headers that disagree with the directory; names that are empty,
// absolute, repeated, climb ("..") or are not UTF-8; more than 100 000 entries.
std::vector<ZipEntry> read_zip_directory(std::string_view bytes, const std::filesystem::path& file);

// Whether the content has the CRC-32 its entry promises. Reads all of it.
bool has_promised_crc(const ZipEntry& entry, std::string_view bytes);

}  // namespace ersatz::models
