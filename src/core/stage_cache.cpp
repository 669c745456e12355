#include "core/stage_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/build_info.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/machine.h"

namespace ersatz::core {
namespace {

constexpr const char* kComplete = "COMPLETE.json";
constexpr const char* kCheckpoint = "checkpoint";
constexpr std::size_t kShownKey = 20;  // hexadecimal digits of the key in folder names

std::string self_digest(Json record) {
  record.erase("digest");
  return sha256_hex(canonical_json(record));
}

// Throws on anything unexpected; the callers decide what that means.
CacheEntry read_entry(const fs::path& dir) {
  const Json record = read_json(dir / kComplete);
  if (record.at("digest").get<std::string>() != self_digest(record)) {
    throw Error::untrusted(dir / kComplete, "does not match its own digest");
  }
  CacheEntry entry;
  entry.dir = dir;
  entry.kind = record.at("kind").get<std::string>();
  entry.key = record.at("key").get<std::string>();
  entry.name = record.at("name").get<std::string>();
  entry.key_parts = record.at("key_parts");
  entry.summary = record.at("summary");
  entry.wall_seconds = record.at("wall_s").get<double>();
  entry.work = record.at("work").get<double>();
  entry.pace = record.value("pace", "");
  entry.finished = record.value("finished", "");
  entry.resumed = record.at("resumed").get<bool>();
  for (const Json& file : record.at("files")) {
    const std::string path = file.at("path").get<std::string>();
    const auto size = file.at("size").get<std::uint64_t>();
    std::error_code error;
    if (fs::file_size(dir / path, error) != size || error) {
      throw Error::untrusted(dir / path, "missing or of another size than recorded");
    }
    entry.files[path] = file.at("sha256").get<std::string>();
    entry.bytes += size;
  }
  return entry;
}

// What an entry is made of, sorted.
std::vector<fs::path> output_files(const fs::path& dir) {
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator item(dir), end; item != end; ++item) {
    const fs::path name = item->path().filename();
    if (item.depth() == 0 && name == kCheckpoint) item.disable_recursion_pending();
    if (item->is_regular_file() && name != kComplete) paths.push_back(item->path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Of an entry that is complete; one that stays harms nobody and is tried again when it is found.
void drop_checkpoint(const fs::path& dir) {
  std::error_code ignored;
  fs::remove_all(dir / kCheckpoint, ignored);
}

}  // namespace

StageCache::StageCache(fs::path root) : root_(std::move(root)) {}

fs::path StageCache::entry_dir(std::string_view kind, std::string_view key) const {
  return root_ / kind / key.substr(0, kShownKey);
}

fs::path StageCache::partial_dir(std::string_view kind, std::string_view key) const {
  return entry_dir(kind, key).string() + ".partial";
}

fs::path StageCache::lock_file(std::string_view kind, std::string_view key) const {
  return entry_dir(kind, key).string() + ".lock";
}

std::optional<CacheEntry> StageCache::find(std::string_view kind, std::string_view key) const {
  const fs::path dir = entry_dir(kind, key);
  std::error_code ignored;
  if (!fs::exists(dir, ignored)) return std::nullopt;
  try {
    CacheEntry entry = read_entry(dir);
    if (entry.key != key) throw Error::untrusted(dir / kComplete, "belongs to another key");
    drop_checkpoint(dir);
    return entry;
  } catch (const std::exception& error) {
    log_warning(fmt::format("cache entry dropped, it will be made again: {}", error.what()));
    remove_tree(dir);
    return std::nullopt;
  }
}

bool StageCache::verify(const CacheEntry& entry) const {
  for (const auto& [path, expected] : entry.files) {
    std::string actual;
    try {
      actual = sha256_file(entry.dir / path);
    } catch (const Error& error) {
      actual = error.what();
    }
    if (actual == expected) continue;
    log_warning(fmt::format("cache entry dropped, it will be made again: {} is damaged",
                            (entry.dir / path).string()));
    remove_tree(entry.dir);
    return false;
  }
  return true;
}

CacheEntry StageCache::commit(const fs::path& partial, CacheEntry entry) const {
  Json files = Json::array();
  entry.bytes = 0;
  entry.files.clear();
  for (const fs::path& path : output_files(partial)) {
    const std::string relative = fs::relative(path, partial).generic_string();
    const std::uint64_t size = fs::file_size(path);
    const std::string digest = sha256_file(path);
    files.push_back({{"path", relative}, {"size", size}, {"sha256", digest}});
    entry.files[relative] = digest;
    entry.bytes += size;
  }
  fsync_tree(partial);
  entry.finished = utc_now();
  Json record = {{"format", 1},
                 {"name", entry.name},
                 {"kind", entry.kind},
                 {"key", entry.key},
                 {"key_parts", entry.key_parts},
                 {"summary", entry.summary},
                 {"files", files},
                 {"work", entry.work},
                 {"pace", entry.pace},
                 {"wall_s", entry.wall_seconds},
                 {"resumed", entry.resumed},
                 {"peak_memory_bytes", peak_memory_bytes()},
                 {"commit", build_info().commit},
                 {"finished", entry.finished}};
  record["digest"] = self_digest(record);
  write_json(partial / kComplete, record);
  entry.dir = entry_dir(entry.kind, entry.key);
  remove_tree(entry.dir);
  rename_durable(partial, entry.dir);
  // Not before: whatever fails until here costs no more than this step.
  drop_checkpoint(entry.dir);
  std::error_code ignored;
  fs::remove(lock_file(entry.kind, entry.key), ignored);
  return entry;
}

std::vector<std::string> StageCache::kinds() const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& item : fs::directory_iterator(root_, ignored)) {
    if (item.is_directory()) names.push_back(item.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<CacheEntry> StageCache::entries(std::string_view kind) const {
  std::vector<CacheEntry> found;
  std::error_code ignored;
  for (const auto& item : fs::directory_iterator(root_ / kind, ignored)) {
    if (!item.is_directory() || item.path().extension() == ".partial") continue;
    try {
      found.push_back(read_entry(item.path()));
    } catch (const std::exception&) {
      continue;
    }
  }
  std::sort(found.begin(), found.end(),
            [](const CacheEntry& a, const CacheEntry& b) { return a.key < b.key; });
  return found;
}

std::optional<double> StageCache::seconds_per_work(std::string_view kind,
                                                   std::string_view pace) const {
  std::vector<double> rates;
  for (const CacheEntry& entry : entries(kind)) {
    if (entry.pace != pace || entry.resumed || entry.work <= 0) continue;
    rates.push_back(entry.wall_seconds / entry.work);
  }
  if (rates.empty()) return std::nullopt;
  std::nth_element(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2),
                   rates.end());
  return rates[rates.size() / 2];
}

std::string stage_key(const Json& key_parts) { return sha256_hex(canonical_json(key_parts)); }

std::string explain_difference(const Json& before, const Json& now) {
  std::vector<std::string> reasons;
  const auto field = [](const Json& parts, const char* name) {
    return parts.contains(name) ? parts.at(name) : Json();
  };
  if (field(before, "version") != field(now, "version")) {
    reasons.push_back(fmt::format("code version {} -> {}", field(before, "version").dump(),
                                  field(now, "version").dump()));
  }
  if (field(before, "numerics") != field(now, "numerics")) {
    reasons.push_back(fmt::format("numerics {} -> {}", field(before, "numerics").dump(),
                                  field(now, "numerics").dump()));
  }
  for (const char* group : {"config", "digests", "inputs"}) {
    const Json old_group = field(before, group), new_group = field(now, group);
    for (const auto& [key, value] : new_group.items()) {
      const Json old_value = old_group.contains(key) ? old_group.at(key) : Json();
      if (old_value == value) continue;
      if (std::string_view(group) == "config") {
        reasons.push_back(fmt::format("{}: {} -> {}", key, old_value.dump(), value.dump()));
      } else {
        reasons.push_back(fmt::format("{} {} changed",
                                      std::string_view(group) == "inputs" ? "input" : "data", key));
      }
    }
    for (const auto& [key, value] : old_group.items()) {
      if (!new_group.contains(key)) reasons.push_back(fmt::format("{} no longer used", key));
    }
  }
  return reasons.empty() ? "its cache entry is gone" : fmt::format("{}", fmt::join(reasons, ", "));
}

}  // namespace ersatz::core
