// Two runs side by side: what changed, and is it more than noise?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/metrics.h"
#include "evaluate/summary.h"

namespace ersatz::report {

enum class Change {
  kIdentical,       // the same values, bit for bit
  kNotSignificant,  // the 95 % interval of the difference contains 0
  kSignificant,
  kUnknown,    // differs, but no interval is known
  kOnlyFirst,  // measured in one of the two only
  kOnlySecond,
};

struct ComparisonRow {
  std::string address, unit;
  Change change = Change::kUnknown;
  std::optional<evaluate::Summary> first, second;
  std::optional<double> difference;  // second - first
  std::optional<evaluate::Interval> interval;
};

// One row per metric measured in either table, in the order of the first, then of the second.
// Error::usage when a metric changed its unit.
std::vector<ComparisonRow> compare_metrics(const core::MetricTable& first,
                                           const core::MetricTable& second);

// An aligned text table with the two names as headers; ends with a line that counts.
std::string comparison_text(const std::vector<ComparisonRow>& rows, const std::string& first_name,
                            const std::string& second_name);
core::Json to_json(const std::vector<ComparisonRow>& rows);
const char* to_string(Change change);

}  // namespace ersatz::report
