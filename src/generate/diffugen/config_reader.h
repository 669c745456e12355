// Reading a JSON object key by key, with mistakes named by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_lines.h"

namespace ersatz::generate {

// An object of the document. Keys are marked as they are read; refuse_others() names what is left.
class ConfigObject {
 public:
  // The document itself. It must outlive the reader.
  ConfigObject(const core::LocatedJson& document, const std::filesystem::path& file);

  bool has(std::string_view key) const;
  // Each: Error::at_line when the key is missing (at the object's line), of another type, or out of
  // range.
  std::string text(std::string_view key);
  std::string text_or(std::string_view key, const std::string& absent);
  bool boolean(std::string_view key);
  bool boolean_or(std::string_view key, bool absent);
  std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most);
  std::int64_t integer_or(std::string_view key, std::int64_t absent, std::int64_t least,
                          std::int64_t most);
  // At least one, all different, none empty.
  std::vector<std::string> texts(std::string_view key);
  ConfigObject object(std::string_view key);

  // Keys in the file's order.
  std::vector<std::string> keys() const;
  std::uint32_t line(std::string_view key) const;  // of a key, or of the object for ""
  std::uint32_t line_of(std::string_view key, std::size_t element) const;  // of a list's element

  [[noreturn]] void fail(std::string_view key, const std::string& message,
                         const std::string& hint = {}) const;
  // Error::at_line naming the first key that nobody read, with the nearest of those known.
  void refuse_others() const;

 private:
  ConfigObject(const ConfigObject& parent, std::string_view key);
  const core::Json& at(std::string_view key, const char* type,
                       bool (core::Json::*is)() const noexcept);

  const core::LocatedJson& document_;
  const std::filesystem::path& file_;
  std::string pointer_;
  const core::Json* value_;
  std::set<std::string> known_;
};

}  // namespace ersatz::generate
