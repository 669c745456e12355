// Local folders that hold data sets already: ERSATZ_MIRROR=DIR[:DIR...].
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/fetch/archive.h"
#include "data/fetch/manifest.h"

namespace ersatz::data {

// The folders named by ERSATZ_MIRROR, in order; empty parts are left out.
std::vector<std::filesystem::path> mirror_directories();

// Copies `<mirror>/<manifest.mirror_folder>/<file.path>` to `destination`, hashing on the way, and
// says what was copied. Nothing when the mirror does not have the file. Error::digest_mismatch (31)
// naming both digests when it has other bytes; then nothing is kept: a mirror that disagrees is a
// fault somebody must look at. A file without a digest is taken as it is.
std::optional<ExtractedTree> copy_from_mirror(const std::filesystem::path& mirror,
                                              const Manifest& manifest, const ManifestFile& file,
                                              const std::filesystem::path& destination);

// The same for a folder, which appears at `destination` in one step. Hidden files and folders
// (beginning with a dot) are left out, links to folders not followed. Error::digest_mismatch when
// the number of files, their bytes, or their tree_digest() are not the promised ones;
// Error::untrusted (30) for a name that unsafe_path_reason() refuses; Error::missing (40) for an
// empty folder.
std::optional<ExtractedTree> copy_from_mirror(const std::filesystem::path& mirror,
                                              const Manifest& manifest,
                                              const ManifestFolder& folder,
                                              const std::filesystem::path& destination);

}  // namespace ersatz::data
