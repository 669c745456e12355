// Data that Debian packages install: fonts under /usr/share.
#pragma once

#include <string>
#include <vector>

#include "data/fetch/manifest.h"

namespace ersatz::data {

// Names of the packages of which at least one file is absent.
std::vector<std::string> missing_packages(const Manifest& manifest);

// Error::missing (40) naming the packages that are not installed; with `verify`,
// Error::digest_mismatch (31) for the first file that is another version than the manifest's.
void require_packages(const Manifest& manifest, bool verify);

}  // namespace ersatz::data
