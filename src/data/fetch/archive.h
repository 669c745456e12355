// Taking files out of zip and tar archives that are not trusted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "data/fetch/manifest.h"

namespace ersatz::data {

// All counted on what is really produced; sizes declared inside an archive are not believed.
struct ArchiveLimits {
  std::uint64_t max_bytes = 0;  // of all files together
  std::uint64_t max_file_bytes = ~std::uint64_t{0};
  std::uint64_t max_entries = 100'000;  // files and folders
};

struct ExtractedTree {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::string digest;  // tree_digest() of the files
};

// SHA-256 over the sorted (relative path, sha256 of the content) pairs of a folder's files.
std::string tree_digest(const std::map<std::string, std::string>& sha256_by_path);

// Extracts into `<destination>.partial`, which becomes `destination` (replacing what was there)
// only when everything went well. Regular files and folders only; owners, times and permissions are
// not taken over. Error::untrusted (exit 30) names archive and entry: links, devices, encrypted or
// damaged entries, names that EntryNames refuses, more than the limits, an entry of more than 1 MiB
// that is over 100 times as large as what it was stored in. Error::io for the disk.
ExtractedTree extract_archive(const std::filesystem::path& archive, ArchiveFormat format,
                              const std::filesystem::path& destination,
                              const ArchiveLimits& limits);

// The same for a single gzip-compressed file; `destination` is a file.
ExtractedTree extract_gzip(const std::filesystem::path& archive,
                           const std::filesystem::path& destination, std::uint64_t max_bytes);

}  // namespace ersatz::data
