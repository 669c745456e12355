#include "data/fetch/manifest.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/digest.h"
#include "core/project.h"
#include "core/suggest.h"
#include "data/fetch/manifest_parser.h"

namespace ersatz::data {

Manifest load_manifest(const std::filesystem::path& path) { return ManifestParser(path).parse(); }

Manifest find_manifest(std::string_view id) {
  const std::vector<std::string> known = manifest_ids();
  if (std::find(known.begin(), known.end(), id) == known.end()) {
    throw core::unknown_name("dataset", id, known);
  }
  return load_manifest(core::Project::get().manifests() / (std::string(id) + ".toml"));
}

std::vector<std::string> manifest_ids() {
  std::vector<std::string> ids;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(core::Project::get().manifests(), ignored)) {
    if (entry.path().extension() == ".toml") ids.push_back(entry.path().stem().string());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string manifest_digest(const Manifest& manifest) { return manifest_digest(manifest, {}); }

std::string manifest_digest(const Manifest& manifest,
                            const std::map<std::string, std::string>& unverified) {
  std::vector<std::pair<std::string, std::string>> entries;
  const auto add = [&](const std::string& path, const std::string& sha256) {
    const auto found = sha256.empty() ? unverified.find(path) : unverified.end();
    entries.emplace_back(path, found == unverified.end() ? sha256 : found->second);
  };
  for (const ManifestFile& file : manifest.files) add(file.path, file.sha256);
  for (const ManifestFolder& folder : manifest.folders) add(folder.path, folder.sha256);
  for (const DebianPackage& package : manifest.packages) {
    for (const PackageFile& file : package.files) entries.emplace_back(file.path, file.sha256);
  }
  std::sort(entries.begin(), entries.end());
  core::Sha256 digest;
  for (const auto& [path, sha256] : entries) digest.update(path + '\0' + sha256 + '\n');
  return digest.hex();
}

bool has_unverified(const Manifest& manifest) {
  const auto unverified = [](const auto& item) { return !item.unverified.empty(); };
  return std::any_of(manifest.files.begin(), manifest.files.end(), unverified) ||
         std::any_of(manifest.folders.begin(), manifest.folders.end(), unverified);
}

}  // namespace ersatz::data
