// Did a benchmark become slower, by more than noise?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "evaluate/benchmarks/benchmark_file.h"
#include "evaluate/benchmarks/rank_test.h"

namespace ersatz::evaluate {

enum class BenchmarkVerdict {
  kSlower,      // the interval of the ratio lies above 1, the ratio beyond the threshold
  kFaster,      // the same below
  kSame,        // the whole interval lies within the threshold
  kCannotTell,  // neither: too few repetitions, or too much noise for this threshold
  kOnlyFirst,   // it is not in the second file, or failed there
  kOnlySecond,  // it is new
};

struct BenchmarkRow {
  std::string name;
  BenchmarkVerdict verdict = BenchmarkVerdict::kCannotTell;
  std::string reason;            // of kCannotTell and kOnly...
  double first = 0, second = 0;  // median ns; 0: none
  std::size_t first_n = 0, second_n = 0;
  std::optional<RatioEstimate> ratio;  // second / first
  double p = 1;                        // Mann-Whitney, two-sided
};

struct BenchmarkComparisonOptions {
  double threshold = 0.05;  // a ratio above 1 + threshold is a regression
  double level = 0.99;      // of the intervals: there are many benchmarks
  bool cpu_time = false;    // instead of wall-clock time
};

// One row per benchmark of either file, by name. Error::usage when threshold or level make no
// sense.
std::vector<BenchmarkRow> compare_benchmarks(const BenchmarkFile& first,
                                             const BenchmarkFile& second,
                                             const BenchmarkComparisonOptions& options);

const char* to_string(BenchmarkVerdict verdict);  // "slower", "cannot tell", ...
core::Json to_json(const std::vector<BenchmarkRow>& rows);

}  // namespace ersatz::evaluate
