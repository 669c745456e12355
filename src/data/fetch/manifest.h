// What a dataset (or weight set, or set of system packages) consists of, where it comes from, and
// under which licence: data_manifests/<id>.toml. The format is described in docs/manifests.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::data {

enum class ManifestKind {
  kFiles,           // downloaded, or found in a mirror folder; files, or whole folders of them
  kDebianPackages,  // installed by the package manager, used where they are
};

enum class ArchiveFormat { kGz, kZip, kTar };

// What is taken out of a downloaded file. kGz gives one file, the others a folder.
struct Unpack {
  ArchiveFormat format = ArchiveFormat::kGz;
  std::uint64_t max_bytes = 0;          // refused when more comes out
  std::uint64_t max_entries = 100'000;  // files and folders; 1 for kGz
  std::string sha256;                   // of the file, or tree_digest() of the folder; may be empty
  std::string path;                     // relative destination, derived from the archive's name
};

struct ManifestFile {
  std::string path;               // relative destination below the dataset's folder
  std::vector<std::string> urls;  // http(s), tried in order; none: provided by hand
  std::uint64_t size = 0;         // bytes, > 0; 0 when `unverified`
  std::string sha256;             // 64 lower-case hexadecimal digits; empty when `unverified`
  std::optional<Unpack> unpack;
  std::string unverified = {};  // why nobody could say size and digest; empty: they are given
};

// A folder of files, provided by hand (a mirror folder): too many to be listed one by one.
struct ManifestFolder {
  std::string path;         // relative destination below the dataset's folder
  std::uint64_t files = 0;  // regular files below it, > 0; 0: not known (only when `unverified`)
  std::uint64_t bytes = 0;  // of all of them together; 0 when `unverified`
  std::string sha256;       // tree_digest() of them; empty when `unverified`
  std::string unverified;   // why nobody could say; empty: they are given
};

struct PackageFile {
  std::string path;  // absolute, below /usr/share
  std::string sha256;
};

struct DebianPackage {
  std::string name;     // "fonts-dejavu-core"
  std::string license;  // SPDX expression
  std::vector<PackageFile> files;
};

struct Manifest {
  std::filesystem::path source;  // the TOML file
  ManifestKind kind = ManifestKind::kFiles;
  std::string id;  // the TOML file's stem; [a-z0-9_-]+
  std::string title;
  std::string version;  // names the cache folder; [A-Za-z0-9._-]+
  std::string homepage;
  std::string citation;  // BibTeX
  std::string license;   // SPDX expression or LicenseRef-<name>
  std::string license_url;
  std::string redistribution;  // what may be done with the data and with derivatives
  std::string mirror_folder;   // sub-folder of each ERSATZ_MIRROR directory
  std::string note;
  std::string obtain;   // how to come by what has no URL; set where there is such a thing
  std::string altered;  // in what the files differ from those their source publishes; may be empty
  std::vector<ManifestFile> files;               // kFiles
  std::vector<ManifestFolder> folders;           // kFiles
  std::vector<DebianPackage> packages;           // kDebianPackages
  std::map<std::string, std::int64_t> expected;  // counts after reading: "train" -> 60000
};

// Every mistake is an Error::at_line naming file and line; Error::missing when there is no file.
Manifest load_manifest(const std::filesystem::path& path);

// data_manifests/<id>.toml of the project. Error::unknown with a suggestion.
Manifest find_manifest(std::string_view id);

// Stems of data_manifests/*.toml, sorted.
std::vector<std::string> manifest_ids();

// SHA-256 over the sorted (path, sha256) pairs: the identity of the content. Titles, URLs and
// mirrors may change without touching it. What is unverified counts with its path alone; once it is
// there, dataset_digest() (completion.h) tells what it is.
std::string manifest_digest(const Manifest& manifest);

// The same with the digest found for each unverified path.
std::string manifest_digest(const Manifest& manifest,
                            const std::map<std::string, std::string>& unverified);

bool has_unverified(const Manifest& manifest);

}  // namespace ersatz::data
