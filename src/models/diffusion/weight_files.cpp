#include "models/diffusion/weight_files.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/log.h"

namespace ersatz::models {

using core::Error;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxConfigBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxIndexBytes = std::uint64_t{16} << 20;
constexpr std::size_t kMaxFileName = 255;  // bytes, of most file systems

core::Json read_object(const fs::path& path, std::uint64_t max_bytes) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(path, error);
  if (error) throw Error::untrusted(path.parent_path(), "has no " + path.filename().string());
  if (size > max_bytes) {
    throw Error::untrusted(path, fmt::format("is absurdly large ({} bytes)", size));
  }
  core::Json value = core::read_python_json(path);
  if (!value.is_object()) throw Error::untrusted(path, "is not a JSON object");
  return value;
}

// name of the tensor -> file name of its shard
std::map<std::string, std::string> read_index(const fs::path& path) {
  const core::Json index = read_object(path, kMaxIndexBytes);
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object() || map->empty()) {
    throw Error::untrusted(path, "has no weight_map");
  }
  std::map<std::string, std::string> shards;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string()) {
      throw Error::untrusted(path, fmt::format("the file of tensor '{}' is not a text", tensor));
    }
    const auto name = file.get<std::string>();
    if (name.size() > kMaxFileName) {
      throw Error::untrusted(
          path, fmt::format("the file of tensor '{}' has a name of {} bytes", tensor, name.size()));
    }
    // A shard lies beside its index: anything else is an attempt to read other files.
    if (name.empty() || fs::path(name).filename() != fs::path(name) || name == "." ||
        name == "..") {
      throw Error::untrusted(path, fmt::format("refers to the file '{}'", name));
    }
    shards.emplace(tensor, name);
  }
  return shards;
}

std::optional<WeightFiles> try_files(const fs::path& folder, const std::string& stem,
                                     const std::string& extension, const std::string& variant) {
  const std::string middle = variant.empty() ? "" : "." + variant;
  const fs::path single = folder / (stem + middle + extension);
  if (fs::exists(single)) return WeightFiles{{}, {single}};
  const fs::path index = folder / (stem + extension + ".index" + middle + ".json");
  if (!fs::exists(index)) return std::nullopt;
  WeightFiles result{index, {}};
  std::set<std::string> names;
  for (const auto& [tensor, file] : read_index(index)) names.insert(file);
  for (const std::string& name : names) result.files.push_back(folder / name);
  return result;
}

// The variants of which there are safetensors files.
std::set<std::string> variants_in(const fs::path& folder, const std::string& stem) {
  std::set<std::string> variants;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kEnd = ".safetensors";
    if (name.size() > stem.size() + 1 + kEnd.size() &&
        name.compare(0, stem.size() + 1, stem + ".") == 0 &&
        name.compare(name.size() - kEnd.size(), kEnd.size(), kEnd) == 0) {
      variants.insert(name.substr(stem.size() + 1, name.size() - stem.size() - 1 - kEnd.size()));
    }
  }
  return variants;
}

}  // namespace

WeightFiles find_weight_files(const fs::path& folder, const std::string& stem,
                              const std::string& bin_stem, const std::string& variant) {
  std::vector<std::string> wanted = {""};
  if (!variant.empty()) wanted.insert(wanted.begin(), variant);
  for (const std::string& name : wanted) {
    auto files = try_files(folder, stem, ".safetensors", name);
    if (!files) files = try_files(folder, bin_stem, ".bin", name);
    if (!files) continue;
    if (name != variant) {
      core::log_warning(fmt::format("{} has no variant '{}': taking its weights without one",
                                    folder.string(), variant));
    }
    return *files;
  }
  const std::set<std::string> variants = variants_in(folder, stem);
  if (variants.size() == 1) {
    core::log_info(fmt::format("{} holds the variant '{}' only: taking it", folder.string(),
                               *variants.begin()));
    return try_files(folder, stem, ".safetensors", *variants.begin()).value();
  }
  throw Error::missing(
      fmt::format("there are no weights in {}", folder.string()),
      fmt::format("expected {}.safetensors, its .index.json, or {}.bin", stem, bin_stem));
}

Weights open_weight_files(const WeightFiles& files) {
  if (files.index.empty()) return open_weights(files.files.front());
  const std::map<std::string, std::string> index = read_index(files.index);
  Weights all;
  all.file = files.index;
  for (const fs::path& file : files.files) {
    std::error_code ignored;
    if (fs::exists(file, ignored)) continue;
    throw Error::missing(fmt::format("{} names {}, which is not there", files.index.string(),
                                     file.filename().string()));
  }
  for (const fs::path& file : files.files) {
    Weights shard = open_weights(file);
    for (auto& [name, tensor] : shard.tensors) {
      const auto promised = index.find(name);
      if (promised == index.end() || promised->second != file.filename().string()) {
        throw Error::untrusted(file, fmt::format("tensor '{}' should not be here according to {}",
                                                 name, files.index.filename().string()));
      }
      all.tensors.emplace(name, std::move(tensor));
    }
    all.metadata.merge(shard.metadata);
  }
  for (const auto& [name, file] : index) {
    if (all.tensors.count(name) == 0) {
      throw Error::untrusted(files.index, fmt::format("tensor '{}' is not in {}", name, file));
    }
  }
  return all;
}

core::Json read_model_json(const fs::path& path) { return read_object(path, kMaxConfigBytes); }

}  // namespace ersatz::models
