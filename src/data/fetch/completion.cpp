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

}  // namespace

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
      if (!item.contains("unpacked")) continue;
      const core::Json& unpacked = item.at("unpacked");
      file.unpacked = ExtractedTree{unpacked.at("files").get<std::uint64_t>(),
                                    unpacked.at("bytes").get<std::uint64_t>(),
                                    unpacked.at("sha256").get<std::string>()};
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
    core::Json item{{"path", file.path},
                    {"size", file.size},
                    {"sha256", file.sha256},
                    {"source", fetched.source}};
    if (fetched.unpacked) {
      item["unpacked"] = core::Json{{"path", file.unpack->path},
                                    {"files", fetched.unpacked->files},
                                    {"bytes", fetched.unpacked->bytes},
                                    {"sha256", fetched.unpacked->digest}};
    }
    list.push_back(std::move(item));
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

bool unpacked_is_there(const fs::path& folder, const ManifestFile& file,
                       const ExtractedTree& unpacked, bool verify) {
  const fs::path path = folder / file.unpack->path;
  if (file.unpack->format == ArchiveFormat::kGz) {
    return has_size(path, unpacked.bytes) &&
           (!verify || core::sha256_file(path) == unpacked.digest);
  }
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return false;
  const ExtractedTree found = survey(path, verify);
  return found.files == unpacked.files && found.bytes == unpacked.bytes &&
         (!verify || found.digest == unpacked.digest);
}

}  // namespace ersatz::data
