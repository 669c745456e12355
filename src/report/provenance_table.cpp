#include "report/provenance_table.h"

#include <fmt/format.h>

#include <string_view>

#include "core/progress.h"
#include "report/number_text.h"

namespace ersatz::report {
namespace {

using core::Json;

// A scalar as shown to readers; empty for what is not one.
std::string scalar_text(const std::string& key, const Json& value) {
  const bool seconds = key.size() > 2 && key.compare(key.size() - 2, 2, "_s") == 0;
  const bool bytes = key.size() > 6 && key.compare(key.size() - 6, 6, "_bytes") == 0;
  if (value.is_number() && seconds) return core::human_duration(value.get<double>());
  if (value.is_number() && bytes) return core::human_bytes(value.get<double>());
  if (value.is_string()) return short_device(value.get<std::string>());
  if (value.is_number_float()) return rounded_number(value.get<double>());
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

double seconds(const Json& cost, const char* key) {
  return cost.contains(key) && cost[key].is_number() ? cost[key].get<double>() : 0;
}

// All stages together, and what the process took that made these files: it may have found most of
// them finished.
std::string cost_text(const Json& cost) {
  std::vector<std::string> parts, own;
  const double computed = seconds(cost, "compute_s"), wall = seconds(cost, "wall_s");
  if (computed > 0) parts.push_back("all stages together " + core::human_duration(computed));
  for (const auto& [name, item] : cost.items()) {
    const std::string text = name == "compute_s" ? "" : scalar_text(name, item);
    if (!text.empty()) own.push_back(label_of(name) + " " + text);
  }
  if (!own.empty()) {
    parts.push_back(fmt::format("the publishing process alone: {}", fmt::join(own, ", ")));
  }
  // More than the clock's and the stages' own rounding.
  if (wall > 0 && computed > 1.05 * wall + 1) {
    parts.emplace_back("earlier or other processes computed the rest");
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string card_text(std::int64_t made_with, std::int64_t now) {
  return made_with == now
             ? fmt::format("version {}", now)
             : fmt::format("version {}; the card is at version {} now", made_with, now);
}

}  // namespace

std::string short_device(const std::string& text) {
  constexpr std::string_view kBreak = "  - ";  // a line of libtorch's description of CUDA
  std::size_t at = text.find(kBreak);
  if (at == std::string::npos || text.find("CUDA Runtime ", at) == std::string::npos) return text;
  std::string made = text.substr(0, at);
  const auto trim = [](std::string line) {
    const std::size_t last = line.find_last_not_of(" ,\n");
    line.resize(last == std::string::npos ? 0 : last + 1);
    return line;
  };
  made = trim(made);
  while (at != std::string::npos) {
    const std::size_t begin = at + kBreak.size();
    at = text.find(kBreak, begin);
    std::string line = text.substr(begin, at == std::string::npos ? at : at - begin);
    if (line.rfind("CUDA Runtime ", 0) != 0 && line.rfind("CuDNN ", 0) != 0) continue;
    made += ", " + trim(line.substr(0, line.find("  (")));  // "  (built against CUDA 13.1)"
  }
  return made;
}

std::string older_card(const ResultRecord& record, std::int64_t card_version) {
  if (record.card_version == card_version) return "";
  return fmt::format(
      "These results were made with version {} of the card, which is at version {} now.",
      record.card_version, card_version);
}

std::vector<std::pair<std::string, std::string>> provenance_table(const ResultRecord& record,
                                                                  std::int64_t card_version) {
  const Json& provenance = record.provenance;
  std::vector<std::pair<std::string, std::string>> rows;
  if (!provenance.is_object()) return rows;
  rows.emplace_back("card", card_text(record.card_version, card_version));
  for (const auto& [key, value] : provenance.items()) {
    // Long maps (one entry per stage or input) stay in the file.
    if (key == "format" || key == "stages" || key == "inputs" || key == "warnings") continue;
    std::vector<std::string> parts;
    if (key == "cost" && value.is_object()) {
      parts.push_back(cost_text(value));
    } else if (value.is_object()) {
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
    if (!parts.empty() && !parts[0].empty())
      rows.emplace_back(label_of(key), fmt::format("{}", fmt::join(parts, "; ")));
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
