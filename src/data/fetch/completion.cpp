#include "data/fetch/completion.h"

#include <cstdint>
#include <system_error>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "COMPLETE.json";
constexpr int kFormat = 1;

// Files below `folder`, with their digests when asked for.
ExtractedTree survey(const fs::path& folder, bool verify) {
  ExtractedTree tree;
  std::map<std::string, std::string> digests;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ++tree.files;
    tree.bytes += entry.file_size();
    if (verify) {
      digests.emplace(entry.path().lexically_relative(folder).generic_string(),
                      core::sha256_file(entry.path()));
    }
  }
  tree.digest = tree_digest(digests);
  return tree;
}

ExtractedTree tree_from(const core::Json& json) {
  return {json.at("files").get<std::uint64_t>(), json.at("bytes").get<std::uint64_t>(),
          json.at("sha256").get<std::string>()};
}

core::Json to_json(const ExtractedTree& tree) {
  return {{"files", tree.files}, {"bytes", tree.bytes}, {"sha256", tree.digest}};
}

}  // namespace

std::string dataset_digest(const Manifest& manifest, const FetchedFiles& files) {
  std::map<std::string, std::string> digests;
  for (const auto& [path, file] : files) {
    if (file.found) digests[path] = file.found->digest;
  }
  return manifest_digest(manifest, digests);
}

std::optional<FetchedFiles> read_completion(const fs::path& folder, const Manifest& manifest) {
  std::error_code ignored;
  if (!fs::exists(folder / kFileName, ignored)) return std::nullopt;
  try {
    const core::Json record = core::read_json(folder / kFileName);
    if (record.at("format") != kFormat || record.at("digest") != manifest_digest(manifest)) {
      return std::nullopt;
    }
    FetchedFiles files;
    for (const core::Json& item : record.at("files")) {
      FetchedFile& file = files[item.at("path").get<std::string>()];
      file.source = item.at("source").get<std::string>();
      if (item.contains("unpacked")) file.unpacked = tree_from(item.at("unpacked"));
      if (item.contains("found")) file.found = tree_from(item.at("found"));
    }
    return files;
  } catch (const core::Json::exception&) {
    return std::nullopt;  // not written by us, or by another version: as good as absent
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData) throw;
    return std::nullopt;
  }
}

void write_completion(const fs::path& folder, const Manifest& manifest, const FetchedFiles& files) {
  core::Json list = core::Json::array();
  for (const ManifestFile& file : manifest.files) {
    const FetchedFile& fetched = files.at(file.path);
    core::Json item{{"path", file.path}, {"source", fetched.source}};
    if (fetched.found) {
      item["found"] = to_json(*fetched.found);
    } else {
      item["size"] = file.size;
      item["sha256"] = file.sha256;
    }
    if (fetched.unpacked) {
      item["unpacked"] = core::Json{{"path", file.unpack->path}};
      item["unpacked"].update(to_json(*fetched.unpacked));
    }
    list.push_back(std::move(item));
  }
  for (const ManifestFolder& one : manifest.folders) {
    const FetchedFile& fetched = files.at(one.path);
    list.push_back(
        {{"path", one.path}, {"source", fetched.source}, {"found", to_json(*fetched.found)}});
  }
  core::write_json(folder / kFileName, core::Json{{"format", kFormat},
                                                  {"id", manifest.id},
                                                  {"version", manifest.version},
                                                  {"license", manifest.license},
                                                  {"digest", manifest_digest(manifest)},
                                                  {"files", std::move(list)}});
}

bool has_size(const fs::path& path, std::uint64_t size) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == size && !error;
}

bool tree_is_there(const fs::path& folder, const ExtractedTree& found, bool verify) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return false;
  const ExtractedTree now = survey(folder, verify);
  return now.files == found.files && now.bytes == found.bytes &&
         (!verify || now.digest == found.digest);
}

bool unpacked_is_there(const fs::path& folder, const ManifestFile& file,
                       const ExtractedTree& unpacked, bool verify) {
  const fs::path path = folder / file.unpack->path;
  if (file.unpack->format != ArchiveFormat::kGz) return tree_is_there(path, unpacked, verify);
  return has_size(path, unpacked.bytes) && (!verify || core::sha256_file(path) == unpacked.digest);
}

}  // namespace ersatz::data
