#include "data/fetch/mirror.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>
#include <system_error>

#include "core/abandoned.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/signals.h"
#include "data/fetch/file_sink.h"
#include "data/fetch/gunzip.h"
#include "data/fetch/safe_path.h"

namespace ersatz::data {

namespace fs = std::filesystem;

namespace {

constexpr const char* kAnother =
    "the mirror holds another version or a damaged copy; remove it from ERSATZ_MIRROR or repair "
    "the "
    "file";

ExtractedTree copy(const fs::path& source, FileSink& sink) {
  core::Sha256 hash;
  ExtractedTree copied{1, 0, {}};
  read_plain(source, [&](const std::uint8_t* bytes, std::size_t size) {
    core::stop_point();
    hash.update(bytes, size);
    sink.write(bytes, size);
    copied.bytes += size;
  });
  copied.digest = hash.hex();
  return copied;
}

// Relative paths, sorted.
std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  fs::recursive_directory_iterator entry(folder);
  for (; entry != fs::recursive_directory_iterator(); ++entry) {
    if (entry->path().filename().string().front() == '.') {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file()) continue;
    names.push_back(entry->path().lexically_relative(folder).generic_string());
    const std::string reason = unsafe_path_reason(names.back());
    if (!reason.empty()) {
      throw core::Error::untrusted(folder, fmt::format("'{}' {}", names.back(), reason));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<fs::path> mirror_directories() {
  std::vector<fs::path> directories;
  const char* value = std::getenv("ERSATZ_MIRROR");
  if (value == nullptr) return directories;
  const std::string_view list(value);
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) {
      directories.push_back(fs::absolute(list.substr(begin, end - begin)).lexically_normal());
    }
    begin = end + 1;
  }
  return directories;
}

std::optional<ExtractedTree> copy_from_mirror(const fs::path& mirror, const Manifest& manifest,
                                              const ManifestFile& file,
                                              const fs::path& destination) {
  const fs::path source = mirror / manifest.mirror_folder / file.path;
  std::error_code ignored;
  if (!fs::exists(source, ignored)) return std::nullopt;
  FileSink sink(destination.string() + ".partial");
  const ExtractedTree copied = copy(source, sink);
  if (!file.sha256.empty() && copied.digest != file.sha256) {
    throw core::Error::digest_mismatch(source, file.sha256, copied.digest).with_hint(kAnother);
  }
  sink.publish(destination);
  return copied;
}

std::optional<ExtractedTree> copy_from_mirror(const fs::path& mirror, const Manifest& manifest,
                                              const ManifestFolder& folder,
                                              const fs::path& destination) {
  const fs::path source = mirror / manifest.mirror_folder / folder.path;
  std::error_code ignored;
  if (!fs::is_directory(source, ignored)) return std::nullopt;
  const std::vector<std::string> names = files_below(source);
  if (names.empty()) throw core::Error::missing(fmt::format("{} is empty", source.string()));
  if (folder.files != 0 && names.size() != folder.files) {
    throw core::Error::digest_mismatch(source, fmt::format("{} files", folder.files),
                                       fmt::format("{} files", names.size()))
        .with_hint(kAnother);
  }
  const fs::path staged = destination.string() + ".partial";
  core::remove_abandoned(destination);
  core::remove_tree(staged);
  ExtractedTree tree;
  std::map<std::string, std::string> digests;
  for (const std::string& name : names) {
    FileSink sink((staged / name).string() + ".partial");
    const ExtractedTree copied = copy(source / name, sink);
    sink.publish(staged / name);
    ++tree.files;
    tree.bytes += copied.bytes;
    digests.emplace(name, copied.digest);
  }
  tree.digest = tree_digest(digests);
  if (!folder.sha256.empty() && (tree.digest != folder.sha256 || tree.bytes != folder.bytes)) {
    core::remove_tree(staged);
    throw core::Error::digest_mismatch(source,
                                       fmt::format("{} ({} bytes)", folder.sha256, folder.bytes),
                                       fmt::format("{} ({} bytes)", tree.digest, tree.bytes))
        .with_hint(kAnother);
  }
  core::replace_directory(staged, destination);
  return tree;
}

}  // namespace ersatz::data
