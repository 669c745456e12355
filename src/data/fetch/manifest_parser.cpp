#include "data/fetch/manifest_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/suggest.h"
#include "core/toml.h"
#include "data/fetch/safe_path.h"
#include "data/fetch/spdx.h"

namespace ersatz::data {
namespace {

constexpr std::uint64_t kGigabyte = 1'000'000'000;

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

bool consists_of(std::string_view text, std::string_view punctuation, bool upper_case) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (upper_case && c >= 'A' && c <= 'Z') || punctuation.find(c) != std::string_view::npos;
  });
}

bool is_web_address(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.substr(0, scheme.size()) == scheme) {
      return text.size() > scheme.size() && text[scheme.size()] != '/' &&
             std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
    }
  }
  return false;
}

// "sub/photos.tar.gz" -> "sub/photos"; empty when the name has none of the endings.
std::string without_ending(const std::string& path, ArchiveFormat format) {
  const std::vector<std::string_view> endings =
      format == ArchiveFormat::kGz ? std::vector<std::string_view>{".gz"}
      : format == ArchiveFormat::kZip
          ? std::vector<std::string_view>{".zip"}
          : std::vector<std::string_view>{".tar.gz", ".tgz",     ".tar.bz2",
                                          ".tar.xz", ".tar.zst", ".tar"};
  for (const std::string_view ending : endings) {
    if (ends_with(path, ending)) return path.substr(0, path.size() - ending.size());
  }
  return {};
}

}  // namespace

void ManifestParser::fail(std::uint32_t line, std::string message, std::string hint) const {
  throw core::Error::at_line(path_, line, std::move(message), std::move(hint));
}

std::uint32_t ManifestParser::line_of(const toml::table& table, std::string_view key) const {
  const toml::node* node = table.get(key);
  // The root table has no position of its own: a missing top-level key is reported at line 1.
  return std::max(core::toml_line(node != nullptr ? *node : table), std::uint32_t{1});
}

std::string ManifestParser::text(const toml::table& table, std::string_view key,
                                 bool required) const {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    if (required) fail(line_of(table, key), fmt::format("'{}' is missing", key));
    return {};
  }
  const auto* value = node->as_string();
  if (value == nullptr) fail(line_of(table, key), fmt::format("'{}' must be a text", key));
  if (value->get().empty()) fail(line_of(table, key), fmt::format("'{}' is empty", key));
  return value->get();
}

std::uint64_t ManifestParser::positive(const toml::table& table, std::string_view key) const {
  const toml::node* node = table.get(key);
  if (node == nullptr) fail(line_of(table, key), fmt::format("'{}' is missing", key));
  const auto* value = node->as_integer();
  if (value == nullptr || value->get() <= 0) {
    fail(line_of(table, key), fmt::format("'{}' must be an integer > 0", key));
  }
  return static_cast<std::uint64_t>(value->get());
}

std::string ManifestParser::sha256(const toml::table& table, std::string_view key,
                                   bool required) const {
  std::string digest = text(table, key, required);
  if (digest.empty()) return digest;
  const bool hexadecimal = std::all_of(digest.begin(), digest.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (digest.size() != 64 || !hexadecimal) {
    fail(line_of(table, key),
         fmt::format("'{}' must be 64 lower-case hexadecimal digits, not '{}'", key, digest),
         "sha256sum prints it");
  }
  return digest;
}

std::string ManifestParser::web_address(const toml::table& table, std::string_view key,
                                        bool required) const {
  std::string address = text(table, key, required);
  if (address.empty()) return address;
  if (!is_web_address(address)) {
    fail(line_of(table, key), fmt::format("'{}' is not an http(s) URL: '{}'", key, address));
  }
  return address;
}

std::string ManifestParser::license(const toml::table& table, bool required) const {
  if (required && !table.contains("license")) {
    fail(line_of(table, "license"), "the licence is missing",
         "license = \"<SPDX identifier>\" or \"LicenseRef-<name>\"; data without a known licence "
         "cannot be used");
  }
  std::string expression = text(table, "license", required);
  const std::string unknown = expression.empty() ? "" : unknown_license_part(expression);
  if (!unknown.empty()) {
    const std::string nearest = core::nearest_name(unknown, known_spdx_ids());
    fail(line_of(table, "license"), fmt::format("unknown licence '{}'", unknown),
         nearest.empty() ? "use an SPDX identifier, or LicenseRef-<name> for any other licence"
                         : fmt::format("did you mean '{}'? Otherwise LicenseRef-<name>", nearest));
  }
  return expression;
}

std::vector<const toml::table*> ManifestParser::tables(const toml::table& table,
                                                       std::string_view key) const {
  const toml::node* node = table.get(key);
  if (node == nullptr) fail(line_of(table, key), fmt::format("there is no [[{}]]", key));
  const toml::array* array = node->as_array();
  std::vector<const toml::table*> elements;
  if (array != nullptr) {
    for (const toml::node& element : *array) {
      if (element.as_table() != nullptr) elements.push_back(element.as_table());
    }
  }
  if (array == nullptr || elements.empty() || elements.size() != array->size()) {
    fail(line_of(table, key), fmt::format("'{}' must be written as [[{}]]", key, key));
  }
  return elements;
}

void ManifestParser::claim(const std::string& path, std::uint32_t line) {
  const std::string reason = unsafe_path_reason(path);
  if (!reason.empty()) fail(line, fmt::format("path '{}' {}", path, reason));
  for (const std::string_view reserved : {".part", ".partial", ".part.json"}) {
    if (ends_with(path, reserved)) {
      fail(line, fmt::format("path '{}' must not end in {}", path, reserved));
    }
  }
  if (path == "COMPLETE.json") fail(line, "path 'COMPLETE.json' is reserved");
  // A clash is the same path, one of its parents as a file, or something below it.
  auto clash = claimed_.find(path);
  for (auto slash = path.find('/'); clash == claimed_.end() && slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    clash = claimed_.find(path.substr(0, slash));
  }
  if (clash == claimed_.end()) {
    clash = claimed_.lower_bound(path + "/");
    if (clash != claimed_.end() && clash->first.rfind(path + "/", 0) != 0) clash = claimed_.end();
  }
  if (clash != claimed_.end()) {
    fail(line, fmt::format("path '{}' appears twice: it clashes with '{}' of line {}", path,
                           clash->first, clash->second));
  }
  claimed_.emplace(path, line);
}

void ManifestParser::parse_header(const toml::table& root) {
  const std::string kind = text(root, "kind", false);
  if (kind == "debian-packages") {
    manifest_.kind = ManifestKind::kDebianPackages;
  } else if (!kind.empty() && kind != "files") {
    fail(line_of(root, "kind"), fmt::format("unknown kind '{}'", kind),
         "\"files\" or \"debian-packages\"");
  }
  const bool files = manifest_.kind == ManifestKind::kFiles;
  std::vector<std::string> keys = {"id",          "title",          "version", "homepage",
                                   "citation",    "license",        "kind",    "note",
                                   "license_url", "redistribution", "expected"};
  if (files) {
    keys.insert(keys.end(), {"file", "folder", "mirror_folder", "obtain", "altered"});
  } else {
    keys.push_back("package");
  }
  core::refuse_unknown_keys(path_, root, keys, files ? "the manifest" : "the package manifest");

  manifest_.id = text(root, "id", true);
  if (!consists_of(manifest_.id, "_-", false)) {
    fail(line_of(root, "id"), "'id' may hold a-z, 0-9, '_' and '-' only");
  }
  if (manifest_.id != path_.stem().string()) {
    fail(line_of(root, "id"),
         fmt::format("id '{}' must be the file's name, '{}'", manifest_.id, path_.stem().string()));
  }
  manifest_.title = text(root, "title", true);
  manifest_.version = text(root, "version", true);
  if (!consists_of(manifest_.version, "._-", true) || manifest_.version.front() == '.') {
    fail(line_of(root, "version"), "'version' may hold letters, digits, '.', '_' and '-' only");
  }
  // Packages bring their licence one by one; what a whole package set is called is optional.
  manifest_.license = license(root, files);
  manifest_.license_url = web_address(root, "license_url", files);
  manifest_.redistribution = text(root, "redistribution", files);
  manifest_.homepage = web_address(root, "homepage", files);
  manifest_.citation = text(root, "citation", files);
  manifest_.note = text(root, "note", false);
  manifest_.obtain = text(root, "obtain", false);
  manifest_.altered = text(root, "altered", false);
  manifest_.mirror_folder = text(root, "mirror_folder", false);
  if (manifest_.mirror_folder.empty()) manifest_.mirror_folder = manifest_.id;
  const std::string reason = unsafe_path_reason(manifest_.mirror_folder);
  if (!reason.empty()) {
    fail(line_of(root, "mirror_folder"),
         fmt::format("mirror_folder '{}' {}", manifest_.mirror_folder, reason));
  }
}

void ManifestParser::parse_expected(const toml::table& root) {
  const toml::node* node = root.get("expected");
  if (node == nullptr) return;
  const toml::table* table = node->as_table();
  if (table == nullptr) fail(line_of(root, "expected"), "'expected' must be written as [expected]");
  for (const auto& [key, value] : *table) {
    const auto* count = value.as_integer();
    if (count == nullptr || count->get() < 0) {
      fail(core::toml_line(value), fmt::format("'{}' must be a count >= 0", key.str()));
    }
    manifest_.expected.emplace(std::string(key.str()), count->get());
  }
}

Unpack ManifestParser::parse_unpack(const toml::table& table, const std::string& path) const {
  Unpack unpack;
  const std::string format = text(table, "unpack", true);
  if (format == "gz") {
    unpack.format = ArchiveFormat::kGz;
  } else if (format == "zip") {
    unpack.format = ArchiveFormat::kZip;
  } else if (format == "tar") {
    unpack.format = ArchiveFormat::kTar;
  } else {
    fail(line_of(table, "unpack"), fmt::format("unknown archive format '{}'", format),
         "\"gz\", \"zip\" or \"tar\"");
  }
  unpack.max_bytes = positive(table, "max_bytes");
  if (unpack.max_bytes > 1000 * kGigabyte) {
    fail(line_of(table, "max_bytes"), "'max_bytes' is more than 1 TB");
  }
  if (table.contains("max_entries")) unpack.max_entries = positive(table, "max_entries");
  unpack.sha256 = sha256(table, "unpacked_sha256", false);
  unpack.path = without_ending(path, unpack.format);
  if (unpack.path.empty() || unpack.path.back() == '/') {
    fail(line_of(table, "path"), fmt::format("'{}' does not end like a {} archive", path, format));
  }
  return unpack;
}

std::vector<std::string> ManifestParser::parse_urls(const toml::table& table,
                                                    const std::string& path) const {
  const toml::node* urls = table.get("urls");
  const toml::array* list = urls == nullptr ? nullptr : urls->as_array();
  if (list == nullptr || list->empty()) {
    fail(line_of(table, "urls"), fmt::format("'urls' of '{}' must be a list of URLs", path),
         "a file that is provided by hand has none; then 'obtain' says how to come by it");
  }
  std::vector<std::string> result;
  for (const toml::node& url : *list) {
    const auto* value = url.as_string();
    if (value == nullptr || !is_web_address(value->get())) {
      fail(core::toml_line(url), value == nullptr
                                     ? "a URL must be a text"
                                     : fmt::format("not an http(s) URL: '{}'", value->get()));
    }
    result.push_back(value->get());
  }
  return result;
}

std::string ManifestParser::unverified(const toml::table& table,
                                       const std::vector<std::string>& keys) const {
  std::string reason = text(table, "unverified", false);
  if (reason.empty()) return reason;
  for (const std::string& key : keys) {
    if (!table.contains(key)) continue;
    fail(line_of(table, key), fmt::format("'{}' and 'unverified' exclude each other", key),
         "what cannot be verified is not downloaded, and what is known is verified");
  }
  return reason;
}

ManifestFolder ManifestParser::parse_folder(const toml::table& table) {
  core::refuse_unknown_keys(path_, table, {"path", "files", "bytes", "sha256", "unverified"},
                            "[[folder]]");
  ManifestFolder folder;
  folder.path = text(table, "path", true);
  claim(folder.path, line_of(table, "path"));
  folder.unverified = unverified(table, {"bytes", "sha256"});
  const bool known = folder.unverified.empty();
  if (known || table.contains("files")) folder.files = positive(table, "files");
  if (known) {
    folder.bytes = positive(table, "bytes");
    folder.sha256 = sha256(table, "sha256", true);
  }
  if (manifest_.obtain.empty()) {
    fail(line_of(table, "path"), "a folder is provided by hand: 'obtain' must say how");
  }
  return folder;
}

ManifestFile ManifestParser::parse_file(const toml::table& table) {
  core::refuse_unknown_keys(path_, table,
                            {"path", "urls", "size", "sha256", "unverified", "unpack", "max_bytes",
                             "max_entries", "unpacked_sha256"},
                            "[[file]]");
  ManifestFile file;
  file.path = text(table, "path", true);
  claim(file.path, line_of(table, "path"));
  file.unverified = unverified(table, {"urls", "size", "sha256", "unpack"});
  if (file.unverified.empty()) {
    file.size = positive(table, "size");
    file.sha256 = sha256(table, "sha256", true);
  }
  const bool by_hand = !manifest_.obtain.empty() && !table.contains("urls");
  if (!file.unverified.empty() && !by_hand) {
    fail(line_of(table, "path"),
         "a file without a digest is provided by hand: 'obtain' must say how");
  }
  if (!by_hand) file.urls = parse_urls(table, file.path);

  if (table.contains("unpack")) {
    file.unpack = parse_unpack(table, file.path);
    claim(file.unpack->path, line_of(table, "unpack"));
  } else {
    for (const std::string_view key : {"max_bytes", "max_entries", "unpacked_sha256"}) {
      if (table.contains(key)) {
        fail(line_of(table, key), fmt::format("'{}' means nothing without 'unpack'", key));
      }
    }
  }
  return file;
}

DebianPackage ManifestParser::parse_package(const toml::table& table) {
  core::refuse_unknown_keys(path_, table, {"name", "license", "file"}, "[[package]]");
  DebianPackage package;
  package.name = text(table, "name", true);
  if (!consists_of(package.name, "+.-", false)) {
    fail(line_of(table, "name"), fmt::format("'{}' is not a package name", package.name));
  }
  const bool twice =
      std::any_of(manifest_.packages.begin(), manifest_.packages.end(),
                  [&](const DebianPackage& other) { return other.name == package.name; });
  if (twice) fail(line_of(table, "name"), fmt::format("package '{}' appears twice", package.name));
  package.license = license(table, true);
  for (const toml::table* element : tables(table, "file")) {
    core::refuse_unknown_keys(path_, *element, {"path", "sha256"}, "[[package.file]]");
    PackageFile file;
    file.path = text(*element, "path", true);
    const std::uint32_t line = line_of(*element, "path");
    if (file.path.rfind("/usr/share/", 0) != 0) {
      fail(line, fmt::format("'{}' is not below /usr/share", file.path));
    }
    claim(file.path.substr(1), line);
    file.sha256 = sha256(*element, "sha256", true);
    package.files.push_back(std::move(file));
  }
  return package;
}

Manifest ManifestParser::parse() {
  const toml::table root = core::read_toml(path_);
  manifest_.source = path_;
  parse_header(root);
  if (manifest_.kind == ManifestKind::kFiles) {
    if (root.contains("file") || !root.contains("folder")) {
      for (const toml::table* table : tables(root, "file")) {
        manifest_.files.push_back(parse_file(*table));
      }
    }
    if (root.contains("folder")) {
      for (const toml::table* table : tables(root, "folder")) {
        manifest_.folders.push_back(parse_folder(*table));
      }
    }
  } else {
    for (const toml::table* table : tables(root, "package")) {
      manifest_.packages.push_back(parse_package(*table));
    }
  }
  parse_expected(root);
  return std::move(manifest_);
}

}  // namespace ersatz::data
