// Reading a network's config.json so that nothing in it is overlooked: every key is read, known to
// be without effect, or refused by name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace ersatz::models {

class ConfigReader {
 public:
  // Throws Error::untrusted (exit 30) when `config` is not an object; so do all calls below when a
  // value has the wrong type or is out of range, naming key, value and file.
  ConfigReader(const core::Json& config, std::filesystem::path file);

  // An absent key gives `fallback`.
  std::int64_t integer(const char* key, std::int64_t fallback, std::int64_t least,
                       std::int64_t most);
  double number(const char* key, double fallback, double least, double most);
  bool boolean(const char* key, bool fallback);
  std::string text(const char* key, const std::string& fallback);
  std::vector<std::int64_t> integers(const char* key, std::vector<std::int64_t> fallback,
                                     std::int64_t least, std::int64_t most);
  std::vector<std::string> texts(const char* key, std::vector<std::string> fallback);
  // A list of `count` integers, or one integer for all of them.
  std::vector<std::int64_t> per_level(const char* key, std::int64_t fallback, std::size_t count,
                                      std::int64_t least, std::int64_t most);

  // The value of a key that has been declared without being read; null when absent.
  const core::Json& raw(const char* key);

  // Keys that may ask for other mathematics than these networks have: `value` and null are fine,
  // anything else is refused.
  void only(const char* key, const core::Json& value);
  // Keys that have no effect on the mathematics, whatever their value.
  void ignore(std::initializer_list<const char*> keys);

  // Refuses what is left over; keys that begin with "_" are fine.
  void finish() const;

  // Throws Error::untrusted: "<file>: <key> = <value>: <why>".
  [[noreturn]] void refuse(const std::string& key, const core::Json& value,
                           std::string_view why) const;
  [[noreturn]] void refuse(std::string_view why) const;

 private:
  const core::Json* find(const char* key);

  const core::Json& config_;
  std::filesystem::path file_;
  std::set<std::string> known_;
};

}  // namespace ersatz::models
