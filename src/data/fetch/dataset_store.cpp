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

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

core::DatasetHandle make_handle(const Manifest& manifest, std::string source) {
  return {manifest.id, dataset_folder(manifest), manifest_digest(manifest), std::move(source)};
}

// Tries mirrors, then URLs; returns the source. Error::missing when nobody has the file.
std::string obtain(const Manifest& manifest, const ManifestFile& file, const fs::path& destination,
                   const FetchOptions& options) {
  std::vector<std::string> tried;
  for (const fs::path& mirror : mirror_directories()) {
    if (copy_from_mirror(mirror, manifest, file, destination)) {
      return "mirror " + mirror.string();
    }
    tried.push_back(fmt::format("mirror {}: no {}", mirror.string(),
                                (fs::path(manifest.mirror_folder) / file.path).string()));
  }
  if (options.offline) {
    tried.push_back("the network: not asked (offline)");
  } else {
    const DownloadResult result =
        download({file.urls, destination, file.size, file.sha256}, options.download);
    if (!result.url.empty()) return result.url;
    tried.insert(tried.end(), result.tried.begin(), result.tried.end());
  }
  throw core::Error::missing(
      fmt::format("cannot get {} of dataset '{}'; tried\n  cache {}: not there\n  {}", file.path,
                  manifest.id, dataset_folder(manifest).string(), fmt::join(tried, "\n  ")),
      fmt::format("with a network, `ersatz fetch {}` goes on where this stopped; without one, set "
                  "ERSATZ_MIRROR to a folder that holds {}/{}",
                  manifest.id, manifest.mirror_folder, file.path));
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

// Brings one file, and what is unpacked from it, into the folder. `earlier` is what COMPLETE.json
// said about it, if anything.
FetchedFile fetch_file(const Manifest& manifest, const ManifestFile& file, const fs::path& folder,
                       const FetchedFile* earlier, const FetchOptions& options) {
  const fs::path path = folder / file.path;
  FetchedFile fetched;
  const bool intact = has_size(path, file.size) && core::sha256_file(path) == file.sha256;
  if (intact) {
    fetched.source = earlier != nullptr ? earlier->source : "cache";
  } else {
    if (earlier != nullptr) {
      core::log_warning(fmt::format("{} is damaged; fetching it again", path.string()));
    }
    core::remove_tree(path);
    fetched.source = obtain(manifest, file, path, options);
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
  for (const ManifestFile& file : manifest.files) {
    const auto entry = record->find(file.path);
    if (entry == record->end() || !has_size(folder / file.path, file.size)) return std::nullopt;
    if (verify) {
      const std::string digest = core::sha256_file(folder / file.path);
      if (digest != file.sha256) {
        throw core::Error::digest_mismatch(folder / file.path, file.sha256, digest)
            .with_hint(fmt::format("`ersatz fetch --verify {}` fetches it again", manifest.id));
      }
    }
    if (!file.unpack) continue;
    if (!entry->second.unpacked ||
        !unpacked_is_there(folder, file, *entry->second.unpacked, verify)) {
      return std::nullopt;
    }
  }
  return make_handle(manifest, "cache");
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
  write_completion(folder, manifest, fetched);
  return make_handle(manifest, joined_sources(fetched));
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
