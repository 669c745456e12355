#include "data/fetch/packages.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/digest.h"
#include "core/error.h"

namespace ersatz::data {

std::vector<std::string> missing_packages(const Manifest& manifest) {
  std::vector<std::string> missing;
  for (const DebianPackage& package : manifest.packages) {
    const bool complete =
        std::all_of(package.files.begin(), package.files.end(), [](const PackageFile& file) {
          std::error_code ignored;
          return std::filesystem::is_regular_file(file.path, ignored);
        });
    if (!complete) missing.push_back(package.name);
  }
  return missing;
}

void require_packages(const Manifest& manifest, bool verify) {
  const std::vector<std::string> missing = missing_packages(manifest);
  if (!missing.empty()) {
    throw core::Error::missing(
        fmt::format("{}: {} of {} packages are not installed: {}", manifest.id, missing.size(),
                    manifest.packages.size(), fmt::join(missing, ", ")),
        "`make deps` installs them");
  }
  if (!verify) return;
  for (const DebianPackage& package : manifest.packages) {
    for (const PackageFile& file : package.files) {
      const std::string digest = core::sha256_file(file.path);
      if (digest == file.sha256) continue;
      throw core::Error::digest_mismatch(file.path, file.sha256, digest)
          .with_hint(fmt::format("another version of the package {} is installed; results would "
                                 "not be comparable",
                                 package.name));
    }
  }
}

}  // namespace ersatz::data
