// TOML text -> Manifest, with every rule of docs/manifests.md checked.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/fetch/manifest.h"

namespace ersatz::data {

// One use: ManifestParser(path).parse(). All mistakes are Error::at_line (exit 2).
class ManifestParser {
 public:
  explicit ManifestParser(std::filesystem::path path) : path_(std::move(path)) {}
  Manifest parse();

 private:
  [[noreturn]] void fail(std::uint32_t line, std::string message, std::string hint = {}) const;

  // The value of `key`; fails when absent (if required), of another type, or an empty text.
  std::string text(const toml::table& table, std::string_view key, bool required) const;
  std::uint64_t positive(const toml::table& table, std::string_view key) const;
  std::string sha256(const toml::table& table, std::string_view key, bool required) const;
  std::string web_address(const toml::table& table, std::string_view key, bool required) const;
  std::string license(const toml::table& table, bool required) const;
  // The array of tables `key`; fails when it is absent or empty.
  std::vector<const toml::table*> tables(const toml::table& table, std::string_view key) const;
  std::uint32_t line_of(const toml::table& table, std::string_view key) const;

  void parse_header(const toml::table& root);
  void parse_expected(const toml::table& root);
  ManifestFile parse_file(const toml::table& table);
  std::vector<std::string> parse_urls(const toml::table& table, const std::string& path) const;
  ManifestFolder parse_folder(const toml::table& table);
  // The reason in 'unverified', if any; fails when one of `keys` is there in spite of it.
  std::string unverified(const toml::table& table, const std::vector<std::string>& keys) const;
  Unpack parse_unpack(const toml::table& table, const std::string& path) const;
  DebianPackage parse_package(const toml::table& table);
  // Fails when `path` is unsafe, or clashes with a path claimed before.
  void claim(const std::string& path, std::uint32_t line);

  std::filesystem::path path_;
  Manifest manifest_;
  std::map<std::string, std::uint32_t> claimed_;  // destination -> line
};

}  // namespace ersatz::data
