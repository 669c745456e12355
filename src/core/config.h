// Hyperparameters of one run: a profile (TOML), what it extends, and overrides.
//
// The base of the chain (normally `paper`) defines every key and its type; whatever extends it may
// only change values, so the difference "what was reduced" is computed, never typed by hand.
// Keys are dotted ("classifier.steps"); values are bool, integer, float, string, or a list of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace ersatz::core {

class Config {
 public:
  Config() = default;

  // Loads profile `name_or_path` for an experiment folder: `<folder>/profiles/<name>.toml`, or a
  // TOML file anywhere. Follows `extends = "<profile>"`. The keys `title`, `cost`, `differs`
  // (prose) and `extends` at the top level are description, not hyperparameters.
  // Throws Error::unknown (profile, with suggestion), Error::at_line (unknown key, wrong type).
  static Config load(const std::filesystem::path& experiment_folder, std::string_view name_or_path);

  // Loads a TOML file whose keys, types and default values are those of `defaults`, a flat object
  // of dotted keys; the file holds what differs. `extends = "other.toml"` (relative to the file) is
  // followed first. Errors as load; Error::missing when there is no file.
  static Config load_over(const Json& defaults, const std::filesystem::path& file);

  // From a flat object of dotted keys, e.g. a saved config.resolved.json.
  static Config from_json(const Json& flat);

  // "key=value" with the type of the existing key. Unknown key or wrong type: Error::usage with
  // suggestion. A value list for a scalar key is a sweep: see expand_sweeps.
  void override_value(std::string_view assignment);

  bool get_bool(std::string_view key) const;
  std::int64_t get_int(std::string_view key) const;
  double get_float(std::string_view key) const;  // accepts integers
  const std::string& get_string(std::string_view key) const;
  std::vector<std::int64_t> get_ints(std::string_view key) const;
  std::vector<double> get_floats(std::string_view key) const;
  std::vector<std::string> get_strings(std::string_view key) const;
  std::vector<bool> get_bools(std::string_view key) const;
  bool has(std::string_view key) const;
  std::vector<std::string> keys() const;

  // Flat object of all keys that start with one of `prefixes` ("classifier." or an exact key);
  // all keys when empty. This is what a stage's content key depends on.
  Json slice(const std::vector<std::string>& prefixes = {}) const;

  // Keys whose values differ from `base`: {"key": [base value, own value]}.
  Json difference(const Config& base) const;

  const std::string& profile() const { return profile_; }               // "mini"
  const std::string& title() const { return title_; }                   // one line
  const std::string& cost() const { return cost_; }                     // "4 minutes on 2 cores"
  const std::vector<std::string>& differs() const { return differs_; }  // prose: what was reduced
  const std::vector<std::string>& overrides() const { return overrides_; }

  // The profile at the end of the `extends` chain; *this when it extends nothing.
  Config base() const;

  std::string to_toml() const;
  std::string digest() const;  // sha256 of the canonical values

 private:
  const Json& at(std::string_view key) const;
  // Description and values of a file, over what the configuration holds already.
  void take(const std::filesystem::path& file);

  std::map<std::string, Json, std::less<>> values_;
  std::map<std::string, Json, std::less<>> base_values_;
  std::string profile_, title_, cost_, base_profile_;
  std::vector<std::string> differs_, overrides_;
};

// Expands assignments whose value is a comma list over a scalar key into the cartesian product:
// {"a=1,2", "b=3"} -> {{"a=1","b=3"}, {"a=2","b=3"}}. Lists for list keys are written [1, 2].
std::vector<std::vector<std::string>> expand_sweeps(const Config& config,
                                                    const std::vector<std::string>& assignments);

// Names of the profiles in `<experiment_folder>/profiles`, sorted.
std::vector<std::string> profile_names(const std::filesystem::path& experiment_folder);

}  // namespace ersatz::core
