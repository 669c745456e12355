#include "cli/dataset_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "core/error.h"
#include "core/progress.h"
#include "data/fetch/dataset_store.h"
#include "data/fetch/mirror.h"
#include "data/fetch/packages.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;
using data::Manifest;
using data::ManifestKind;

// "ossci-datasets.s3.amazonaws.com" of a URL.
std::string host_of(const std::string& url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string::npos) return url;
  return url.substr(begin + 3, url.find('/', begin + 3) - begin - 3);
}

bool mirror_has_all(const fs::path& mirror, const Manifest& manifest) {
  std::error_code ignored;
  for (const data::ManifestFile& file : manifest.files) {
    if (!fs::is_regular_file(mirror / manifest.mirror_folder / file.path, ignored)) return false;
  }
  for (const data::ManifestFolder& folder : manifest.folders) {
    if (!fs::is_directory(mirror / manifest.mirror_folder / folder.path, ignored)) return false;
  }
  return true;
}

// The mirror folder that has all of it; empty when none has.
fs::path complete_mirror(const Manifest& manifest) {
  for (const fs::path& mirror : data::mirror_directories()) {
    if (mirror_has_all(mirror, manifest)) return mirror;
  }
  return {};
}

// What a part of it that no address leads to is called in a mirror; empty when there is none.
std::string part_by_hand(const Manifest& manifest) {
  std::vector<std::string> parts;
  for (const data::ManifestFile& file : manifest.files) {
    if (file.urls.empty()) parts.push_back(file.path);
  }
  for (const data::ManifestFolder& folder : manifest.folders) parts.push_back(folder.path);
  if (parts.empty()) return {};
  return manifest.mirror_folder + "/" + (parts.size() == 1 ? parts.front() : std::string());
}

// The command that brings it. What has no address is first put into a folder, which it is told.
std::string fetch_words(const Manifest& manifest) {
  const bool by_hand = !part_by_hand(manifest).empty() && complete_mirror(manifest).empty();
  return fmt::format("{}ersatz fetch {}", by_hand ? "ERSATZ_MIRROR=DIR " : "", manifest.id);
}

std::string source_words(const Manifest& manifest, std::uint64_t bytes) {
  if (const fs::path mirror = complete_mirror(manifest); !mirror.empty()) {
    return "mirror " + mirror.string();
  }
  if (!manifest.obtain.empty()) {
    const std::string part = part_by_hand(manifest);
    return fmt::format("to be provided by hand{}: {}", part.empty() ? "" : ", as DIR/" + part,
                       manifest.obtain);
  }
  std::vector<std::string> hosts;
  for (const data::ManifestFile& file : manifest.files) {
    for (const std::string& url : file.urls) {
      const std::string host = host_of(url);
      if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
    }
  }
  return fmt::format("{} from {}", core::human_bytes(static_cast<double>(bytes)),
                     fmt::join(hosts, ", "));
}

}  // namespace

DatasetState dataset_state(const Manifest& manifest, bool digest_packages) {
  DatasetState state;
  state.manifest = manifest;
  for (const data::ManifestFile& file : manifest.files) state.bytes += file.size;
  for (const data::ManifestFolder& folder : manifest.folders) state.bytes += folder.bytes;
  const bool packages = manifest.kind == ManifestKind::kDebianPackages;
  state.fix = packages ? "make deps" : fetch_words(manifest);
  try {
    if (const auto found = data::find_dataset(manifest, packages && digest_packages)) {
      state.present = true;
      state.where = packages ? "installed packages" : found->folder.string();
      state.fix.clear();
      return state;
    }
  } catch (const core::Error& error) {
    state.present = true;
    state.problem = error.what();
    if (!error.hint().empty()) state.problem += "; " + error.hint();
    state.where = data::dataset_folder(manifest).string();
    if (!packages) state.fix = "ersatz fetch --verify " + manifest.id;
    return state;
  }
  if (packages) {
    const std::vector<std::string> missing = data::missing_packages(manifest);
    state.where = fmt::format("{} of {} packages are not installed: {}", missing.size(),
                              manifest.packages.size(), fmt::join(missing, ", "));
  } else {
    state.where = source_words(manifest, state.bytes);
  }
  return state;
}

std::string licence_words(const Manifest& manifest) {
  if (manifest.kind == ManifestKind::kFiles) return manifest.license;
  std::map<std::string, int> counts;
  for (const data::DebianPackage& package : manifest.packages) ++counts[package.license];
  std::vector<std::string> words;
  for (const auto& [license, count] : counts) {
    words.push_back(count == 1 ? license : fmt::format("{} ({} packages)", license, count));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

core::Json to_json(const DatasetState& state) {
  core::Json json = {{"id", state.manifest.id},
                     {"title", state.manifest.title},
                     {"licence", licence_words(state.manifest)},
                     {"present", state.present && state.problem.empty()},
                     {"where", state.where},
                     {"bytes", state.bytes}};
  if (!state.problem.empty()) json["problem"] = state.problem;
  if (!state.fix.empty()) json["fix"] = state.fix;
  return json;
}

}  // namespace ersatz::cli
