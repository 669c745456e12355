#include "core/card_reader.h"

#include <fmt/format.h>

#include <cmath>

#include "core/suggest.h"

namespace ersatz::core {

CardReader::CardReader(const std::filesystem::path& file, const toml::table& table,
                       std::string what, const std::vector<std::string>& allowed)
    : file_(file), table_(table), what_(std::move(what)) {
  refuse_unknown_keys(file_, table_, allowed, what_);
}

std::uint32_t CardReader::line_of(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return node != nullptr ? toml_line(*node) : line();
}

Error CardReader::error(std::string_view key, std::string_view problem) const {
  return Error::at_line(file_, line_of(key), fmt::format("{}: '{}' {}", what_, key, problem));
}

const toml::node& CardReader::required(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) throw error(key, "is missing");
  return *node;
}

std::string CardReader::to_text(const toml::node& node, std::string_view key) const {
  const auto* value = node.as_string();
  if (value == nullptr) throw error(key, "must be a string");
  return value->get();
}

double CardReader::to_number(const toml::node& node, std::string_view key, bool allow_nan) const {
  double value = 0;
  if (const auto* integer = node.as_integer()) {
    value = static_cast<double>(integer->get());
  } else if (const auto* real = node.as_floating_point()) {
    value = real->get();
  } else {
    throw error(key, "must be a number");
  }
  if (!std::isfinite(value) && !(allow_nan && std::isnan(value))) {
    throw error(key, "must be finite");
  }
  return value;
}

const toml::array& CardReader::to_list(const toml::node& node, std::string_view key) const {
  const toml::array* list = node.as_array();
  if (list == nullptr) throw error(key, "must be a list");
  return *list;
}

std::string CardReader::text(std::string_view key) const {
  std::string value = to_text(required(key), key);
  if (value.empty()) throw error(key, "must not be empty");
  return value;
}

std::string CardReader::text_or(std::string_view key, std::string fallback) const {
  return has(key) ? to_text(required(key), key) : fallback;
}

std::int64_t CardReader::integer(std::string_view key) const {
  const auto* value = required(key).as_integer();
  if (value == nullptr) throw error(key, "must be an integer");
  return value->get();
}

std::int64_t CardReader::integer_or(std::string_view key, std::int64_t fallback) const {
  return has(key) ? integer(key) : fallback;
}

double CardReader::number(std::string_view key) const {
  return to_number(required(key), key, false);
}

std::optional<double> CardReader::number_if(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return number(key);
}

std::vector<std::string> CardReader::texts(std::string_view key) const {
  std::vector<std::string> values;
  if (!has(key)) return values;
  for (const auto& node : to_list(required(key), key)) values.push_back(to_text(node, key));
  return values;
}

std::vector<double> CardReader::numbers(std::string_view key, bool allow_nan) const {
  std::vector<double> values;
  if (!has(key)) return values;
  for (const auto& node : to_list(required(key), key)) {
    values.push_back(to_number(node, key, allow_nan));
  }
  return values;
}

std::size_t CardReader::choice(std::string_view key, const std::vector<std::string>& names,
                               std::size_t fallback) const {
  return has(key) ? choice(key, names) : fallback;
}

std::size_t CardReader::choice(std::string_view key, const std::vector<std::string>& names) const {
  const std::string value = to_text(required(key), key);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == value) return i;
  }
  const std::string nearest = nearest_name(value, names);
  throw error(key, fmt::format("is '{}', which is not one of: {}", value, fmt::join(names, ", ")))
      .with_hint(nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest));
}

bool CardReader::is_text(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return node != nullptr && node->is_string();
}

std::vector<const toml::table*> CardReader::tables(std::string_view key) const {
  std::vector<const toml::table*> found;
  if (!has(key)) return found;
  for (const auto& node : to_list(required(key), key)) {
    if (!node.is_table()) throw error(key, "must be a list of tables");
    found.push_back(node.as_table());
  }
  return found;
}

const toml::table* CardReader::table(std::string_view key) const {
  if (!has(key)) return nullptr;
  const toml::table* found = required(key).as_table();
  if (found == nullptr) throw error(key, "must be a table");
  return found;
}

}  // namespace ersatz::core
