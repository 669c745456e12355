// COMPLETE.json: the record of a fetched dataset, against which its folder is checked later.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/json.h"
#include "data/fetch/archive.h"
#include "data/fetch/manifest.h"

namespace ersatz::data {

// What fetching one manifest file did.
struct FetchedFile {
  std::string source;  // "mirror DIR" or a URL
  std::optional<ExtractedTree> unpacked;
  std::optional<ExtractedTree> found;  // of folders, and of files that the manifest cannot verify
};

using FetchedFiles = std::map<std::string, FetchedFile>;  // by path of the file or folder

// manifest_digest() with the digests found for what the manifest cannot verify: the identity of the
// content.
std::string dataset_digest(const Manifest& manifest, const FetchedFiles& files);

// Reads the record; nothing when it is absent, damaged or of another manifest version.
std::optional<FetchedFiles> read_completion(const std::filesystem::path& folder,
                                            const Manifest& manifest);
void write_completion(const std::filesystem::path& folder, const Manifest& manifest,
                      const FetchedFiles& files);

// Whether `path` is a regular file of this many bytes.
bool has_size(const std::filesystem::path& path, std::uint64_t size);

// Whether the files below `folder` are as many and as large as was found when they were fetched;
// with `verify`, also the same.
bool tree_is_there(const std::filesystem::path& folder, const ExtractedTree& found, bool verify);

// Whether what was unpacked from `file` is there with as many files and bytes as were written; with
// `verify`, also with the same content.
bool unpacked_is_there(const std::filesystem::path& folder, const ManifestFile& file,
                       const ExtractedTree& unpacked, bool verify);

}  // namespace ersatz::data
