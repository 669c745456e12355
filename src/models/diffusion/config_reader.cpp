#include "models/diffusion/config_reader.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::models {

namespace {

constexpr std::size_t kMostValues = 64;   // of a list: levels of a network
constexpr std::size_t kMostPrinted = 80;  // characters of a value in an error

std::string printed(const core::Json& value) {
  std::string text = value.dump(-1, ' ', true);
  if (text.size() > kMostPrinted) text = text.substr(0, kMostPrinted) + "...";
  return text;
}

}  // namespace

ConfigReader::ConfigReader(const core::Json& config, std::filesystem::path file)
    : config_(config), file_(std::move(file)) {
  if (!config_.is_object()) throw core::Error::untrusted(file_, "not a JSON object");
}

void ConfigReader::refuse(const std::string& key, const core::Json& value,
                          std::string_view why) const {
  refuse(fmt::format("{} = {}: {}", key, printed(value), why));
}

void ConfigReader::refuse(std::string_view why) const {
  throw core::Error::untrusted(file_, why)
      .with_hint("supported are the networks of Stable Diffusion 1.x and 2.x");
}

const core::Json* ConfigReader::find(const char* key) {
  known_.insert(key);
  const auto found = config_.find(key);
  return found == config_.end() ? nullptr : &*found;
}

std::int64_t ConfigReader::integer(const char* key, std::int64_t fallback, std::int64_t least,
                                   std::int64_t most) {
  const core::Json* value = find(key);
  if (value == nullptr) return fallback;
  // An unsigned number beyond the signed range would wrap: compare before converting.
  const bool fits = value->is_number_integer() &&
                    !(value->is_number_unsigned() &&
                      value->get<std::uint64_t>() > static_cast<std::uint64_t>(most));
  if (!fits || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most) {
    refuse(key, *value, fmt::format("expected an integer from {} to {}", least, most));
  }
  return value->get<std::int64_t>();
}

double ConfigReader::number(const char* key, double fallback, double least, double most) {
  const core::Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number() || !(value->get<double>() >= least && value->get<double>() <= most)) {
    refuse(key, *value, fmt::format("expected a number from {} to {}", least, most));
  }
  return value->get<double>();
}

bool ConfigReader::boolean(const char* key, bool fallback) {
  const core::Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) refuse(key, *value, "expected true or false");
  return value->get<bool>();
}

std::string ConfigReader::text(const char* key, const std::string& fallback) {
  const core::Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) refuse(key, *value, "expected a text");
  return value->get<std::string>();
}

std::vector<std::int64_t> ConfigReader::integers(const char* key,
                                                 std::vector<std::int64_t> fallback,
                                                 std::int64_t least, std::int64_t most) {
  const core::Json* value = find(key);
  if (value == nullptr) return fallback;
  std::vector<std::int64_t> result;
  bool fits = value->is_array() && !value->empty() && value->size() <= kMostValues;
  for (std::size_t i = 0; fits && i < value->size(); ++i) {
    const core::Json& entry = (*value)[i];
    fits = entry.is_number_integer() &&
           !(entry.is_number_unsigned() &&
             entry.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) &&
           entry.get<std::int64_t>() >= least && entry.get<std::int64_t>() <= most;
    if (fits) result.push_back(entry.get<std::int64_t>());
  }
  if (!fits) {
    refuse(key, *value,
           fmt::format("expected up to {} integers from {} to {}", kMostValues, least, most));
  }
  return result;
}

std::vector<std::string> ConfigReader::texts(const char* key, std::vector<std::string> fallback) {
  const core::Json* value = find(key);
  if (value == nullptr) return fallback;
  std::vector<std::string> result;
  bool fits = value->is_array() && !value->empty() && value->size() <= kMostValues;
  for (std::size_t i = 0; fits && i < value->size(); ++i) {
    fits = (*value)[i].is_string();
    if (fits) result.push_back((*value)[i].get<std::string>());
  }
  if (!fits) refuse(key, *value, "expected a list of texts");
  return result;
}

std::vector<std::int64_t> ConfigReader::per_level(const char* key, std::int64_t fallback,
                                                  std::size_t count, std::int64_t least,
                                                  std::int64_t most) {
  const core::Json* value = find(key);
  if (value == nullptr || !value->is_array()) {
    return std::vector<std::int64_t>(count, integer(key, fallback, least, most));
  }
  std::vector<std::int64_t> result = integers(key, {}, least, most);
  if (result.size() != count) {
    refuse(key, *value, fmt::format("expected one value for each of {} levels", count));
  }
  return result;
}

const core::Json& ConfigReader::raw(const char* key) {
  static const core::Json absent;
  const core::Json* value = find(key);
  return value == nullptr ? absent : *value;
}

void ConfigReader::only(const char* key, const core::Json& value) {
  const core::Json* found = find(key);
  if (found == nullptr || found->is_null() || *found == value) return;
  refuse(key, *found,
         value.is_null() ? std::string("not supported")
                         : fmt::format("not supported, only {}", printed(value)));
}

void ConfigReader::ignore(std::initializer_list<const char*> keys) {
  for (const char* key : keys) known_.insert(key);
}

void ConfigReader::finish() const {
  for (const auto& [key, value] : config_.items()) {
    if (!key.empty() && key.front() == '_') continue;
    if (known_.count(key) == 0) refuse(key, value, "this key is not known");
  }
}

}  // namespace ersatz::models
