#include "evaluate/benchmarks/benchmark_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"

namespace ersatz::evaluate {
namespace {

using core::Json;

const std::vector<double>& values_of(const BenchmarkTimes& times, bool cpu_time) {
  return cpu_time ? times.cpu : times.real;
}

double median(const std::vector<double>& values) {
  return values.empty() ? 0 : sample_quantile(values, 0.5);
}

// Why there are no values to compare; empty when there are.
std::string lack(const BenchmarkTimes& times, bool cpu_time) {
  if (!times.failure.empty()) return times.failure;
  if (!values_of(times, cpu_time).empty()) return {};
  return times.aggregated_of > 0
             ? fmt::format("only aggregates of {} repetitions were kept", times.aggregated_of)
             : "no repetition was kept";
}

void judge(BenchmarkRow& row, const BenchmarkTimes& before, const BenchmarkTimes& after,
           const BenchmarkComparisonOptions& options) {
  const std::vector<double>& first = values_of(before, options.cpu_time);
  const std::vector<double>& second = values_of(after, options.cpu_time);
  row.p = mann_whitney_p(first, second);
  row.first = median(first);
  row.second = median(second);
  row.first_n = first.size();
  row.second_n = second.size();
  if (*std::min_element(first.begin(), first.end()) <= 0 ||
      *std::min_element(second.begin(), second.end()) <= 0) {
    row.reason = "faster than the clock";
    return;
  }
  row.ratio = ratio_estimate(first, second, options.level);
  if (!row.ratio) {
    row.reason = fmt::format("{} and {} repetitions are too few", first.size(), second.size());
    return;
  }
  const double bound = 1 + options.threshold;
  const Interval& interval = row.ratio->interval;
  if (interval.low > 1 && row.ratio->ratio >= bound) {
    row.verdict = BenchmarkVerdict::kSlower;
  } else if (interval.high < 1 && row.ratio->ratio <= 1 / bound) {
    row.verdict = BenchmarkVerdict::kFaster;
  } else if (interval.low >= 1 / bound && interval.high <= bound) {
    row.verdict = BenchmarkVerdict::kSame;
  } else {
    row.reason = "too much noise for this threshold";
  }
}

void refuse(const char* what, double value, bool fine) {
  if (!fine) throw core::Error::usage(fmt::format("{} cannot be {}", what, value));
}

}  // namespace

std::vector<BenchmarkRow> compare_benchmarks(const BenchmarkFile& first,
                                             const BenchmarkFile& second,
                                             const BenchmarkComparisonOptions& options) {
  refuse("the threshold", options.threshold, options.threshold > 0 && options.threshold <= 10);
  refuse("the level", options.level, options.level >= 0.5 && options.level < 1);
  std::set<std::string> names;
  for (const BenchmarkFile* file : {&first, &second}) {
    for (const auto& [name, times] : file->benchmarks) names.insert(name);
  }
  std::vector<BenchmarkRow> rows;
  for (const std::string& name : names) {
    BenchmarkRow row;
    row.name = name;
    const auto before = first.benchmarks.find(name), after = second.benchmarks.find(name);
    if (before == first.benchmarks.end()) {
      row.verdict = BenchmarkVerdict::kOnlySecond;
    } else if (after == second.benchmarks.end()) {
      row.verdict = BenchmarkVerdict::kOnlyFirst;
    } else if (!after->second.failure.empty() && before->second.failure.empty()) {
      row.verdict = BenchmarkVerdict::kOnlyFirst;
      row.reason = "failed: " + after->second.failure;
    } else {
      const std::string lack_before = lack(before->second, options.cpu_time);
      const std::string lack_after = lack(after->second, options.cpu_time);
      if (!lack_before.empty())
        row.reason = "first: " + lack_before;
      else if (!lack_after.empty())
        row.reason = "second: " + lack_after;
      else
        judge(row, before->second, after->second, options);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

const char* to_string(BenchmarkVerdict verdict) {
  switch (verdict) {
    case BenchmarkVerdict::kSlower:
      return "slower";
    case BenchmarkVerdict::kFaster:
      return "faster";
    case BenchmarkVerdict::kSame:
      return "same";
    case BenchmarkVerdict::kCannotTell:
      return "cannot tell";
    case BenchmarkVerdict::kOnlyFirst:
      return "gone";
    case BenchmarkVerdict::kOnlySecond:
      return "new";
  }
  return "";
}

Json to_json(const std::vector<BenchmarkRow>& rows) {
  Json all = Json::array();
  for (const BenchmarkRow& row : rows) {
    Json json = {{"benchmark", row.name},
                 {"verdict", to_string(row.verdict)},
                 {"reason", row.reason},
                 {"first_ns", row.first},
                 {"second_ns", row.second},
                 {"first_repetitions", row.first_n},
                 {"second_repetitions", row.second_n},
                 {"p", row.p}};
    if (row.ratio) {
      json["ratio"] = row.ratio->ratio;
      json["lo"] = row.ratio->interval.low;
      json["hi"] = row.ratio->interval.high;
    }
    all.push_back(std::move(json));
  }
  return all;
}

}  // namespace ersatz::evaluate
