#include "data/fetch/dataset_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/project.h"
#include "data/fetch/archive.h"
#include "data/fetch/completion.h"
#include "data/fetch/mirror.h"
#include "data/fetch/packages.h"
#include "data/fetch/safe_path.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

std::string remark_of(const Manifest& manifest) {
  std::vector<std::string> parts;
  if (!manifest.altered.empty()) parts.push_back(manifest.altered);
  if (has_unverified(manifest)) parts.push_back("not verified: the manifest has no digests");
  return fmt::format("{}", fmt::join(parts, "; "));
}

core::DatasetHandle make_handle(const Manifest& manifest, std::string source,
                                const FetchedFiles& files = {}) {
  return {manifest.id, dataset_folder(manifest), dataset_digest(manifest, files), std::move(source),
          remark_of(manifest)};
}

core::Error nobody_has(const Manifest& manifest, const std::string& path,
                       const std::vector<std::string>& tried, bool by_hand) {
  const std::string place = fmt::format("{}/{}", manifest.mirror_folder, path);
  return core::Error::missing(
      fmt::format("cannot get {} of dataset '{}'; tried\n  cache {}: not there\n  {}", path,
                  manifest.id, dataset_folder(manifest).string(), fmt::join(tried, "\n  ")),
      by_hand ? fmt::format("{}\n  Then set ERSATZ_MIRROR to a folder that holds it as {}, and run "
                            "`ersatz fetch {}`",
                            manifest.obtain, place, manifest.id)
              : fmt::format("with a network, `ersatz fetch {}` goes on where this stopped; without "
                            "one, set ERSATZ_MIRROR to a folder that holds {}",
                            manifest.id, place));
}

// Copies a file or folder from the first mirror that has it: where it came from, and what it is.
// `tried` gets those that do not have it.
template <typename Item>
std::optional<FetchedFile> from_mirrors(const Manifest& manifest, const Item& item,
                                        const fs::path& destination,
                                        std::vector<std::string>& tried) {
  for (const fs::path& mirror : mirror_directories()) {
    if (auto found = copy_from_mirror(mirror, manifest, item, destination)) {
      FetchedFile fetched;
      fetched.source = "mirror " + mirror.string();
      fetched.found = std::move(found);
      return fetched;
    }
    tried.push_back(fmt::format("mirror {}: no {}", mirror.string(),
                                (fs::path(manifest.mirror_folder) / item.path).string()));
  }
  return std::nullopt;
}

// Tries mirrors, then URLs. Error::missing when nobody has the file.
FetchedFile obtain(const Manifest& manifest, const ManifestFile& file, const fs::path& destination,
                   const FetchOptions& options) {
  std::vector<std::string> tried;
  if (auto fetched = from_mirrors(manifest, file, destination, tried)) {
    if (file.unverified.empty()) fetched->found.reset();  // it is what the manifest says
    return *fetched;
  }
  if (file.urls.empty()) {
    tried.push_back("the network: it has no address to download it from");
  } else if (options.offline) {
    tried.push_back("the network: not asked (offline)");
  } else {
    const DownloadResult result =
        download({file.urls, destination, file.size, file.sha256}, options.download);
    if (!result.url.empty()) return {result.url, std::nullopt, std::nullopt};
    tried.insert(tried.end(), result.tried.begin(), result.tried.end());
  }
  throw nobody_has(manifest, file.path, tried, file.urls.empty());
}

FetchedFile obtain(const Manifest& manifest, const ManifestFolder& folder,
                   const fs::path& destination) {
  std::vector<std::string> tried;
  if (auto fetched = from_mirrors(manifest, folder, destination, tried)) return *fetched;
  tried.push_back("the network: it has no address to download it from");
  throw nobody_has(manifest, folder.path, tried, true);
}

ExtractedTree unpack(const fs::path& folder, const ManifestFile& file) {
  const Unpack& how = *file.unpack;
  const fs::path archive = folder / file.path, destination = folder / how.path;
  ExtractedTree tree;
  if (how.format == ArchiveFormat::kGz) {
    tree = extract_gzip(archive, destination, how.max_bytes);
  } else {
    ArchiveLimits limits;
    limits.max_bytes = how.max_bytes;
    limits.max_entries = how.max_entries;
    tree = extract_archive(archive, how.format, destination, limits);
  }
  if (!how.sha256.empty() && tree.digest != how.sha256) {
    core::remove_tree(destination);
    throw core::Error::digest_mismatch(destination, how.sha256, tree.digest)
        .with_hint(
            "the archive is the promised one, so 'unpacked_sha256' in the manifest is wrong");
  }
  return tree;
}

// Whether the file has the size, and with `verify` the digest, that the manifest promises, or that
// it had when it was fetched.
bool file_is_there(const fs::path& path, const ManifestFile& file, const FetchedFile* earlier,
                   bool verify) {
  const bool measured = !file.unverified.empty();
  if (measured && (earlier == nullptr || !earlier->found)) return false;
  const std::uint64_t size = measured ? earlier->found->bytes : file.size;
  const std::string& digest = measured ? earlier->found->digest : file.sha256;
  return has_size(path, size) && (!verify || core::sha256_file(path) == digest);
}

// Brings one folder of the manifest into the dataset's folder.
FetchedFile fetch_folder(const Manifest& manifest, const ManifestFolder& one,
                         const fs::path& folder, const FetchedFile* earlier) {
  const fs::path path = folder / one.path;
  if (earlier != nullptr && earlier->found) {
    if (tree_is_there(path, *earlier->found, true)) return *earlier;
    core::log_warning(fmt::format("{} is damaged; fetching it again", path.string()));
  }
  return obtain(manifest, one, path);
}

// `[expected]` counts that are named after folders of the dataset.
void require_counts(const Manifest& manifest, const fs::path& folder) {
  for (const auto& [name, count] : manifest.expected) {
    std::error_code ignored;
    if (!unsafe_path_reason(name).empty() || !fs::is_directory(folder / name, ignored)) continue;
    std::int64_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder / name)) {
      files += entry.is_regular_file() ? 1 : 0;
    }
    if (files == count) continue;
    throw core::Error::digest_mismatch(folder / name, fmt::format("{} files", count),
                                       fmt::format("{} files", files));
  }
}

// Brings one file, and what is unpacked from it, into the folder. `earlier` is what COMPLETE.json
// said about it, if anything.
FetchedFile fetch_file(const Manifest& manifest, const ManifestFile& file, const fs::path& folder,
                       const FetchedFile* earlier, const FetchOptions& options) {
  const fs::path path = folder / file.path;
  FetchedFile fetched;
  const bool intact = file_is_there(path, file, earlier, true);
  if (intact) {
    if (earlier != nullptr) fetched = *earlier;
    fetched.unpacked.reset();
    if (earlier == nullptr) fetched.source = "cache";
  } else {
    if (earlier != nullptr) {
      core::log_warning(fmt::format("{} is damaged; fetching it again", path.string()));
    }
    core::remove_tree(path);
    fetched = obtain(manifest, file, path, options);
  }
  if (!file.unpack) return fetched;
  const bool unpacked_intact = intact && earlier != nullptr && earlier->unpacked &&
                               unpacked_is_there(folder, file, *earlier->unpacked, true);
  fetched.unpacked = unpacked_intact ? *earlier->unpacked : unpack(folder, file);
  return fetched;
}

std::string joined_sources(const FetchedFiles& files) {
  std::vector<std::string> sources;
  for (const auto& [path, file] : files) {
    if (std::find(sources.begin(), sources.end(), file.source) == sources.end()) {
      sources.push_back(file.source);
    }
  }
  return fmt::format("{}", fmt::join(sources, ", "));
}

}  // namespace

fs::path dataset_folder(const Manifest& manifest) {
  if (manifest.kind == ManifestKind::kDebianPackages) return "/";
  return core::Project::get().data_cache() / manifest.id / manifest.version;
}

std::optional<core::DatasetHandle> find_dataset(const Manifest& manifest, bool verify) {
  if (manifest.kind == ManifestKind::kDebianPackages) {
    if (!missing_packages(manifest).empty()) return std::nullopt;
    require_packages(manifest, verify);
    return make_handle(manifest, "installed packages");
  }
  const fs::path folder = dataset_folder(manifest);
  const auto record = read_completion(folder, manifest);
  if (!record) return std::nullopt;
  const auto refuse = [&](const std::string& path, const std::string& expected,
                          const std::string& found) {
    return core::Error::digest_mismatch(folder / path, expected, found)
        .with_hint(fmt::format("`ersatz fetch --verify {}` fetches it again", manifest.id));
  };
  for (const ManifestFolder& one : manifest.folders) {
    const auto entry = record->find(one.path);
    if (entry == record->end() || !entry->second.found ||
        !tree_is_there(folder / one.path, *entry->second.found, false)) {
      return std::nullopt;
    }
    if (verify && !tree_is_there(folder / one.path, *entry->second.found, true)) {
      throw refuse(one.path, entry->second.found->digest, "other files");
    }
  }
  for (const ManifestFile& file : manifest.files) {
    const auto entry = record->find(file.path);
    if (entry == record->end() || !file_is_there(folder / file.path, file, &entry->second, false)) {
      return std::nullopt;
    }
    if (verify && !file_is_there(folder / file.path, file, &entry->second, true)) {
      throw refuse(file.path, file.sha256.empty() ? entry->second.found->digest : file.sha256,
                   core::sha256_file(folder / file.path));
    }
    if (!file.unpack) continue;
    if (!entry->second.unpacked ||
        !unpacked_is_there(folder, file, *entry->second.unpacked, verify)) {
      return std::nullopt;
    }
  }
  return make_handle(manifest, "cache", *record);
}

core::DatasetHandle fetch_dataset(const Manifest& manifest, const FetchOptions& options) {
  if (manifest.kind == ManifestKind::kDebianPackages) {
    require_packages(manifest, true);
    return make_handle(manifest, "installed packages");
  }
  if (!options.verify) {
    if (const auto found = find_dataset(manifest)) return *found;
  }
  const fs::path folder = dataset_folder(manifest);
  const core::FileLock lock(folder.string() + ".lock", manifest.id);
  // Another process may have fetched it while this one waited.
  if (!options.verify) {
    if (const auto found = find_dataset(manifest)) return *found;
  }
  core::make_directories(folder);
  const FetchedFiles earlier = read_completion(folder, manifest).value_or(FetchedFiles());
  FetchedFiles fetched;
  for (const ManifestFile& file : manifest.files) {
    const auto entry = earlier.find(file.path);
    fetched[file.path] = fetch_file(manifest, file, folder,
                                    entry == earlier.end() ? nullptr : &entry->second, options);
  }
  for (const ManifestFolder& one : manifest.folders) {
    const auto entry = earlier.find(one.path);
    fetched[one.path] =
        fetch_folder(manifest, one, folder, entry == earlier.end() ? nullptr : &entry->second);
  }
  require_counts(manifest, folder);
  write_completion(folder, manifest, fetched);
  return make_handle(manifest, joined_sources(fetched), fetched);
}

core::DatasetHandle require_dataset(std::string_view id) {
  const Manifest manifest = find_manifest(id);
  if (manifest.kind == ManifestKind::kDebianPackages) {
    // No record attests to system files, so they are hashed every time; fonts are small.
    require_packages(manifest, true);
    return make_handle(manifest, "installed packages");
  }
  if (auto found = find_dataset(manifest)) return *found;
  throw core::Error::missing(
      fmt::format("dataset '{}' is not in {}", id, dataset_folder(manifest).string()),
      fmt::format("`make data-{}` or `ersatz fetch {}` gets it", id, id));
}

}  // namespace ersatz::data
