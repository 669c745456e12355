// Finished stages on disk: runs/cache/<kind>/<key>/ with the stage's files and COMPLETE.json.
//
// A folder without a valid COMPLETE.json does not exist for us. COMPLETE.json carries the digest of
// every file and of itself, so that a flipped bit is found before anything uses the entry.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace ersatz::core {

struct CacheEntry {
  std::filesystem::path dir;
  std::string kind, key, name;  // name: of the stage that wrote it
  Json key_parts;               // what the key is the digest of
  Json summary;
  double wall_seconds = 0;
  double work = 0;
  std::string pace;      // StageSpec::pace
  std::string finished;  // when, as utc_now()
  bool resumed = false;  // wall_seconds misses what a killed process had done
  std::uint64_t bytes = 0;
  std::map<std::string, std::string> files;  // relative path -> sha256
};

class StageCache {
 public:
  explicit StageCache(std::filesystem::path root);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path entry_dir(std::string_view kind, std::string_view key) const;
  std::filesystem::path partial_dir(std::string_view kind, std::string_view key) const;
  std::filesystem::path lock_file(std::string_view kind, std::string_view key) const;

  // The finished entry with this key, checking COMPLETE.json's own digest and the sizes of all
  // files. A damaged entry is reported (warning), removed, and counts as absent.
  std::optional<CacheEntry> find(std::string_view kind, std::string_view key) const;

  // Re-digests every file. False (after a warning) when anything differs; the entry is removed.
  bool verify(const CacheEntry& entry) const;

  // Turns `partial` into the finished entry: digests and fsyncs all files but its checkpoint,
  // writes COMPLETE.json, renames, and only then removes the checkpoint.
  CacheEntry commit(const std::filesystem::path& partial, CacheEntry entry) const;

  // All finished entries of a kind (unreadable ones are left out silently: find() reports them).
  std::vector<CacheEntry> entries(std::string_view kind) const;
  std::vector<std::string> kinds() const;

  // Median seconds per unit of work over the finished entries of a kind and pace; nullopt without
  // any.
  std::optional<double> seconds_per_work(std::string_view kind, std::string_view pace) const;

 private:
  std::filesystem::path root_;
};

// The key: sha256 of the canonical text of its parts.
std::string stage_key(const Json& key_parts);

// "classifier.steps: 1000 -> 2000, input fonts changed": how two keys' parts differ.
std::string explain_difference(const Json& before, const Json& now);

}  // namespace ersatz::core
