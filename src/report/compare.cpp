#include "report/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "evaluate/claim_words.h"
#include "report/number_text.h"

namespace ersatz::report {
namespace {

using core::Metric;
using core::MetricTable;

ComparisonRow compare(const Metric* first, const Metric* second) {
  ComparisonRow row;
  const Metric* named = first != nullptr ? first : second;
  row.address = named->address();
  row.unit = named->unit;
  row.first = evaluate::summarise(first);
  row.second = evaluate::summarise(second);
  if (!row.first || !row.second) {
    row.change = row.first ? Change::kOnlyFirst : Change::kOnlySecond;
    return row;
  }
  const auto difference = evaluate::difference(second, first);
  row.difference = difference->value;
  row.interval = difference->interval;
  if (first->values == second->values && first->seeds == second->seeds) {
    row.change = Change::kIdentical;
  } else if (row.interval) {
    row.change = row.interval->contains(0) ? Change::kNotSignificant : Change::kSignificant;
  }
  return row;
}

// Of tables with many rows, in which MetricTable::find would be looked up once for each.
using Places = std::map<std::pair<std::string_view, std::optional<double>>, const Metric*>;

Places places(const MetricTable& table) {
  Places found;
  for (const Metric& metric : table.all())
    found.emplace(Places::key_type{metric.id, metric.point}, &metric);
  return found;
}

const Metric* find(const Places& table, const Metric& metric) {
  const auto found = table.find({metric.id, metric.point});
  return found == table.end() ? nullptr : found->second;
}

std::string measured(const std::optional<evaluate::Summary>& summary) {
  if (!summary) return "not run";
  const MeasuredText text = measured_text(*summary);
  return text.mean + text.interval();
}

}  // namespace

const char* to_string(Change change) {
  switch (change) {
    case Change::kIdentical:
      return "identical";
    case Change::kNotSignificant:
      return "within noise";
    case Change::kSignificant:
      return "significant";
    case Change::kUnknown:
      return "noise unknown";
    case Change::kOnlyFirst:
      return "only in the first";
    case Change::kOnlySecond:
      return "only in the second";
  }
  return "";
}

std::vector<ComparisonRow> compare_metrics(const MetricTable& first, const MetricTable& second) {
  std::vector<ComparisonRow> rows;
  const auto add = [&](const Metric* a, const Metric* b) {
    if (evaluate::summarise(a) || evaluate::summarise(b)) rows.push_back(compare(a, b));
  };
  const Places in_first = places(first), in_second = places(second);
  for (const Metric& metric : first.all()) add(&metric, find(in_second, metric));
  for (const Metric& metric : second.all()) {
    if (find(in_first, metric) == nullptr) add(nullptr, &metric);
  }
  return rows;
}

std::string comparison_text(const std::vector<ComparisonRow>& rows, const std::string& first_name,
                            const std::string& second_name) {
  std::vector<std::vector<std::string>> lines = {
      {"metric", first_name, second_name, "difference", ""}};
  std::size_t counts[6] = {};
  for (const ComparisonRow& row : rows) {
    ++counts[static_cast<std::size_t>(row.change)];
    std::string difference;
    if (row.difference) {
      difference = fmt::format("{:+.3g}", *row.difference);
      const std::string unit = evaluate::difference_unit(row.unit);
      if (!unit.empty()) difference += " " + unit;
      if (row.interval) {
        difference += fmt::format(" [{:+.3g}, {:+.3g}]", row.interval->low, row.interval->high);
      }
    }
    lines.push_back({row.address + (row.unit.empty() ? "" : ", " + row.unit), measured(row.first),
                     measured(row.second), difference, to_string(row.change)});
  }
  std::vector<std::size_t> width(5, 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      width[i] = std::max(width[i], display_width(line[i]));
    }
  }
  std::string text;
  for (const auto& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.size(); ++i) row += pad_right(line[i], width[i] + 2);
    while (!row.empty() && row.back() == ' ') row.pop_back();
    text += row + "\n";
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < 6; ++i) {
    if (counts[i] > 0) {
      parts.push_back(fmt::format("{} {}", counts[i], to_string(static_cast<Change>(i))));
    }
  }
  if (parts.empty()) return text + "nothing was measured in either\n";
  return text + fmt::format("{}\n", fmt::join(parts, ", "));
}

core::Json to_json(const std::vector<ComparisonRow>& rows) {
  core::Json json = core::Json::array();
  for (const ComparisonRow& row : rows) {
    core::Json item = {
        {"metric", row.address}, {"unit", row.unit}, {"change", to_string(row.change)}};
    if (row.first) item["first"] = evaluate::to_json(*row.first);
    if (row.second) item["second"] = evaluate::to_json(*row.second);
    if (row.difference) item["difference"] = *row.difference;
    if (row.interval) {
      item["lo"] = row.interval->low;
      item["hi"] = row.interval->high;
    }
    json.push_back(std::move(item));
  }
  return json;
}

}  // namespace ersatz::report
