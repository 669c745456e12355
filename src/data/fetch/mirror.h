// Local folders that hold data sets already: ERSATZ_MIRROR=DIR[:DIR...].
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/fetch/manifest.h"

namespace ersatz::data {

// The folders named by ERSATZ_MIRROR, in order; empty parts are left out.
std::vector<std::filesystem::path> mirror_directories();

// Copies `<mirror>/<manifest.mirror_folder>/<file.path>` to `destination`, hashing on the way.
// False when the mirror does not have the file. Error::digest_mismatch (31) naming both digests
// when it has other bytes; then nothing is kept: a mirror that disagrees is a fault somebody must
// look at.
bool copy_from_mirror(const std::filesystem::path& mirror, const Manifest& manifest,
                      const ManifestFile& file, const std::filesystem::path& destination);

}  // namespace ersatz::data
