// Typed access to one table of a card: a missing key, a wrong type or an unknown choice becomes an
// Error::at_line that names the key. Private to the card loader.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/toml.h"

namespace ersatz::core {

class CardReader {
 public:
  // `what` names the table in messages ("[[claim]]"). Throws for keys outside `allowed`.
  CardReader(const std::filesystem::path& file, const toml::table& table, std::string what,
             const std::vector<std::string>& allowed);

  bool has(std::string_view key) const { return table_.contains(key); }
  std::uint32_t line() const { return toml_line(table_); }
  std::uint32_t line_of(std::string_view key) const;  // of the table when absent

  std::string text(std::string_view key) const;  // required, not empty
  std::string text_or(std::string_view key, std::string fallback) const;
  std::int64_t integer(std::string_view key) const;
  std::int64_t integer_or(std::string_view key, std::int64_t fallback) const;
  double number(std::string_view key) const;  // accepts integers
  std::optional<double> number_if(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;  // empty when absent
  std::vector<double> numbers(std::string_view key, bool allow_nan = false) const;
  // Index of the value among `names`, or `fallback` when the key is absent.
  std::size_t choice(std::string_view key, const std::vector<std::string>& names,
                     std::size_t fallback) const;
  // Required choice.
  std::size_t choice(std::string_view key, const std::vector<std::string>& names) const;
  bool is_text(std::string_view key) const;

  // The tables of an array of tables, empty when absent.
  std::vector<const toml::table*> tables(std::string_view key) const;
  const toml::table* table(std::string_view key) const;  // nullptr when absent

  Error error(std::string_view key, std::string_view problem) const;

 private:
  const toml::node& required(std::string_view key) const;
  double to_number(const toml::node& node, std::string_view key, bool allow_nan) const;
  std::string to_text(const toml::node& node, std::string_view key) const;
  const toml::array& to_list(const toml::node& node, std::string_view key) const;

  const std::filesystem::path& file_;
  const toml::table& table_;
  std::string what_;
};

}  // namespace ersatz::core
