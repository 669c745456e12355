#include "report/provenance_table.h"

#include <fmt/format.h>

#include "core/progress.h"

namespace ersatz::report {
namespace {

using core::Json;

// A scalar as shown to readers; empty for what is not one.
std::string scalar_text(const std::string& key, const Json& value) {
  const bool seconds = key.size() > 2 && key.compare(key.size() - 2, 2, "_s") == 0;
  const bool bytes = key.size() > 6 && key.compare(key.size() - 6, 6, "_bytes") == 0;
  if (value.is_number() && seconds) return core::human_duration(value.get<double>());
  if (value.is_number() && bytes) return core::human_bytes(value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  if (value.is_array() && value.size() <= 10) return value.dump();
  return "";
}

std::string label_of(std::string key) {
  for (const char* suffix : {"_bytes", "_s"}) {
    const std::string end = suffix;
    if (key.size() > end.size() && key.compare(key.size() - end.size(), end.size(), end) == 0) {
      key.resize(key.size() - end.size());
      break;
    }
  }
  for (char& c : key) {
    if (c == '_') c = ' ';
  }
  return key;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> provenance_table(const Json& provenance) {
  std::vector<std::pair<std::string, std::string>> rows;
  if (!provenance.is_object()) return rows;
  for (const auto& [key, value] : provenance.items()) {
    // Long maps (one entry per stage or input) stay in the file.
    if (key == "format" || key == "stages" || key == "inputs" || key == "warnings") continue;
    std::vector<std::string> parts;
    if (value.is_object()) {
      for (const auto& [name, item] : value.items()) {
        std::string text = scalar_text(name, item);
        // A dataset entry: its digest, shortened.
        if (item.is_object() && item.contains("sha256") && item["sha256"].is_string()) {
          text = item["sha256"].get<std::string>().substr(0, 12);
        }
        if (!text.empty()) parts.push_back(label_of(name) + " " + text);
      }
    } else if (const std::string text = scalar_text(key, value); !text.empty()) {
      parts.push_back(text);
    }
    if (!parts.empty()) rows.emplace_back(label_of(key), fmt::format("{}", fmt::join(parts, "; ")));
  }
  return rows;
}

std::vector<std::string> provenance_warnings(const Json& provenance) {
  std::vector<std::string> warnings;
  if (!provenance.is_object() || !provenance.contains("warnings")) return warnings;
  for (const Json& warning : provenance["warnings"]) {
    if (warning.is_string()) warnings.push_back(warning.get<std::string>());
  }
  return warnings;
}

std::vector<ChangedSetting> changed_settings(const Json& difference) {
  std::vector<ChangedSetting> settings;
  if (!difference.is_object()) return settings;
  for (const auto& [key, pair] : difference.items()) {
    const bool two = pair.is_array() && pair.size() == 2;
    settings.push_back({key, two ? pair[0].dump() : "", two ? pair[1].dump() : pair.dump()});
  }
  return settings;
}

}  // namespace ersatz::report
