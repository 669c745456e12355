#include "core/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/digest.h"
#include "core/error.h"
#include "core/plain_name.h"
#include "core/profile_path.h"
#include "core/suggest.h"
#include "core/toml.h"

namespace ersatz::core {
namespace {

namespace fs = std::filesystem;

const char* type_name(const Json& value) {
  if (value.is_boolean()) return "true or false";
  if (value.is_number_integer()) return "an integer";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  return "a list";
}

// A number key written with a fraction accepts integers; nothing else converts.
bool compatible(const Json& existing, const Json& value) {
  if (existing.is_boolean()) return value.is_boolean();
  if (existing.is_number_integer()) return value.is_number_integer();
  if (existing.is_number()) return value.is_number();
  if (existing.is_string()) return value.is_string();
  if (!existing.is_array() || !value.is_array()) return false;
  if (existing.empty()) return true;
  return std::all_of(value.begin(), value.end(),
                     [&](const Json& item) { return compatible(existing[0], item); });
}

// Keeps the type of the key: 3 for a float key becomes 3.0, so that digests do not depend on how
// a number was written.
Json coerce(const Json& existing, Json value) {
  if (existing.is_number_float() && value.is_number_integer()) return value.get<double>();
  if (existing.is_array() && !existing.empty() && value.is_array()) {
    for (auto& item : value) item = coerce(existing[0], item);
  }
  return value;
}

Json to_json(const fs::path& file, const toml::node& node, const std::string& key) {
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) {
    if (!std::isfinite(value->get())) {
      throw Error::at_line(file, toml_line(node), fmt::format("'{}' must be finite", key));
    }
    return value->get();
  }
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* list = node.as_array()) {
    Json items = Json::array();
    for (const auto& item : *list) items.push_back(to_json(file, item, key));
    return items;
  }
  throw Error::at_line(file, toml_line(node),
                       fmt::format("'{}' must be a boolean, number, string or list", key));
}

struct Entry {
  Json value;
  std::uint32_t line;
};

void flatten(const fs::path& file, const toml::table& table, const std::string& prefix,
             std::map<std::string, Entry>& out) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* child = node.as_table())
      flatten(file, *child, name + ".", out);
    else
      out[name] = Entry{to_json(file, node, name), toml_line(node)};
  }
}

std::string toml_value(const Json& value) { return value.dump(); }

const std::set<std::string>& description_keys() {
  static const std::set<std::string> keys = {"title", "cost", "differs", "extends"};
  return keys;
}

// The value of `text` read as TOML; bare words are strings when the key wants one.
Json parse_value(const Json& existing, std::string_view key, std::string_view text) {
  if (existing.is_string()) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
    }
    return std::string(text);
  }
  try {
    const toml::table table = toml::parse("v = " + std::string(text));
    return to_json("override", *table.get("v"), std::string(key));
  } catch (const toml::parse_error&) {
    throw Error::usage(fmt::format("'{}' for {} is not {}", text, key, type_name(existing)));
  }
}

std::pair<std::string_view, std::string_view> split_assignment(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw Error::usage(fmt::format("'{}' is not an override", assignment),
                       "write it as key=value, e.g. -o classifier.steps=2000");
  }
  return {assignment.substr(0, equals), assignment.substr(equals + 1)};
}

// The file of a profile, which is there.
fs::path profile_file(const fs::path& experiment_folder, std::string_view name_or_path) {
  const bool is_path = is_profile_path(name_or_path);
  fs::path file = is_path ? fs::path(name_or_path)
                          : experiment_folder / "profiles" / (std::string(name_or_path) + ".toml");
  if (fs::exists(file)) return file;
  if (is_path) throw Error::missing(fmt::format("no profile file {}", file.string()));
  throw unknown_name("profile", name_or_path, profile_names(experiment_folder));
}

// Folders of runs and results bear the profile's name: what nobody could read back is refused
// before anything is computed.
void check_profile_name(const fs::path& file) {
  const std::string name = file.stem().string();
  if (plain_name(name)) return;
  throw Error::usage(fmt::format("'{}' of {} is no name for a folder of runs", name, file.string()),
                     "it must not begin with a dot nor hold a backslash: rename the file");
}

}  // namespace

Config Config::load(const fs::path& experiment_folder, std::string_view name_or_path) {
  std::vector<fs::path> chain;
  for (std::string next(name_or_path); !next.empty();) {
    const fs::path file = profile_file(experiment_folder, next);
    if (chain.empty()) check_profile_name(file);
    chain.push_back(file.lexically_normal());
    const toml::table table = read_toml(file);
    const auto* extends = table.get("extends");
    if (extends == nullptr) break;
    next = extends->value_or(std::string());
    // A file of one's own may have the name of the profile that it extends.
    if (next.empty() ||
        std::find(chain.begin(), chain.end(),
                  profile_file(experiment_folder, next).lexically_normal()) != chain.end()) {
      throw Error::at_line(file, toml_line(*extends), "'extends' must name another profile");
    }
  }
  Config config;
  for (auto next = chain.rbegin(); next != chain.rend(); ++next) config.take(*next);
  return config;
}

void Config::take(const fs::path& file) {
  const toml::table table = read_toml(file);
  const bool is_base = values_.empty();
  profile_ = file.stem().string();
  title_ = table["title"].value_or(std::string());
  cost_ = table["cost"].value_or(std::string());
  differs_.clear();
  if (const auto* list = table["differs"].as_array()) {
    for (const auto& item : *list) differs_.push_back(item.value_or(std::string()));
  }
  std::map<std::string, Entry> entries;
  flatten(file, table, "", entries);
  for (const auto& [key, entry] : entries) {
    if (description_keys().count(key) != 0) continue;
    if (is_base) {
      values_[key] = entry.value;
      continue;
    }
    const auto existing = values_.find(key);
    if (existing == values_.end()) {
      const std::string suggestion = nearest_name(key, keys());
      throw Error::at_line(file, entry.line, fmt::format("unknown key '{}'", key),
                           suggestion.empty() ? "" : fmt::format("did you mean '{}'?", suggestion));
    }
    if (!compatible(existing->second, entry.value)) {
      throw Error::at_line(file, entry.line,
                           fmt::format("'{}' must be {}", key, type_name(existing->second)));
    }
    existing->second = coerce(existing->second, entry.value);
  }
  if (is_base) {
    base_values_ = values_;
    base_profile_ = profile_;
  }
}

Config Config::load_over(const Json& defaults, const fs::path& file) {
  check_profile_name(file);
  std::vector<fs::path> chain;
  for (fs::path next = file; !next.empty();) {
    next = next.lexically_normal();
    if (!fs::exists(next)) throw Error::missing(fmt::format("there is no file {}", next.string()));
    chain.push_back(next);
    const toml::table table = read_toml(next);
    const auto* extends = table.get("extends");
    if (extends == nullptr) break;
    next = next.parent_path() / extends->value_or(std::string());
    const bool again =
        std::find(chain.begin(), chain.end(), next.lexically_normal()) != chain.end();
    if (!extends->is_string() || again) {
      throw Error::at_line(chain.back(), toml_line(*extends), "'extends' must name another file");
    }
  }
  Config config = from_json(defaults);
  for (auto next = chain.rbegin(); next != chain.rend(); ++next) config.take(*next);
  return config;
}

Config Config::from_json(const Json& flat) {
  Config config;
  config.profile_ = "custom";
  for (const auto& [key, value] : flat.items()) config.values_[key] = value;
  config.base_values_ = config.values_;
  return config;
}

void Config::override_value(std::string_view assignment) {
  const auto [key, text] = split_assignment(assignment);
  const Json& existing = at(key);
  const Json value = parse_value(existing, key, text);
  if (!compatible(existing, value)) {
    throw Error::usage(fmt::format("'{}' for {} is not {}", text, key, type_name(existing)));
  }
  values_[std::string(key)] = coerce(existing, value);
  overrides_.emplace_back(assignment);
}

const Json& Config::at(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) {
    throw unknown_name("configuration key", key, keys());
  }
  return found->second;
}

bool Config::has(std::string_view key) const { return values_.find(key) != values_.end(); }

std::vector<std::string> Config::keys() const {
  std::vector<std::string> names;
  names.reserve(values_.size());
  for (const auto& item : values_) names.push_back(item.first);
  return names;
}

bool Config::get_bool(std::string_view key) const { return at(key).get<bool>(); }
std::int64_t Config::get_int(std::string_view key) const { return at(key).get<std::int64_t>(); }
double Config::get_float(std::string_view key) const { return at(key).get<double>(); }
const std::string& Config::get_string(std::string_view key) const {
  return at(key).get_ref<const std::string&>();
}
std::vector<std::int64_t> Config::get_ints(std::string_view key) const {
  return at(key).get<std::vector<std::int64_t>>();
}
std::vector<double> Config::get_floats(std::string_view key) const {
  return at(key).get<std::vector<double>>();
}
std::vector<std::string> Config::get_strings(std::string_view key) const {
  return at(key).get<std::vector<std::string>>();
}

std::vector<bool> Config::get_bools(std::string_view key) const {
  return at(key).get<std::vector<bool>>();
}

Json Config::slice(const std::vector<std::string>& prefixes) const {
  Json out = Json::object();
  for (const auto& [key, value] : values_) {
    const bool wanted =
        prefixes.empty() ||
        std::any_of(prefixes.begin(), prefixes.end(), [&key = key](const auto& prefix) {
          return key == prefix || (!prefix.empty() && prefix.back() == '.' &&
                                   key.compare(0, prefix.size(), prefix) == 0);
        });
    if (wanted) out[key] = value;
  }
  return out;
}

Json Config::difference(const Config& base) const {
  Json out = Json::object();
  for (const auto& [key, value] : values_) {
    const auto other = base.values_.find(key);
    const Json before = other == base.values_.end() ? Json() : other->second;
    if (before != value) out[key] = Json::array({before, value});
  }
  return out;
}

Config Config::base() const {
  Config config;
  config.values_ = base_values_;
  config.base_values_ = base_values_;
  config.profile_ = base_profile_.empty() ? profile_ : base_profile_;
  config.base_profile_ = config.profile_;
  return config;
}

std::string Config::to_toml() const {
  std::string text;
  for (const auto& [key, value] : values_) text += fmt::format("{} = {}\n", key, toml_value(value));
  return text;
}

std::string Config::digest() const { return sha256_hex(canonical_json(slice())); }

std::vector<std::vector<std::string>> expand_sweeps(const Config& config,
                                                    const std::vector<std::string>& assignments) {
  std::vector<std::vector<std::string>> combinations = {{}};
  for (const std::string& assignment : assignments) {
    const auto [key, text] = split_assignment(assignment);
    std::vector<std::string> choices;
    const bool list_key =
        config.has(key) && config.slice({std::string(key)})[std::string(key)].is_array();
    if (list_key || text.find(',') == std::string_view::npos) {
      choices.push_back(assignment);
    } else {
      std::size_t begin = 0;
      while (begin <= text.size()) {
        const std::size_t comma = std::min(text.find(',', begin), text.size());
        choices.push_back(fmt::format("{}={}", key, text.substr(begin, comma - begin)));
        begin = comma + 1;
      }
    }
    std::vector<std::vector<std::string>> grown;
    for (const auto& combination : combinations) {
      for (const std::string& choice : choices) {
        grown.push_back(combination);
        grown.back().push_back(choice);
      }
    }
    combinations = std::move(grown);
  }
  return combinations;
}

std::vector<std::string> profile_names(const fs::path& experiment_folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(experiment_folder / "profiles", ignored)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".toml" && plain_name(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ersatz::core
