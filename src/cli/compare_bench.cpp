#include "cli/compare_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/pattern.h"
#include "cli/text_layout.h"
#include "core/error.h"
#include "core/exit_code.h"
#include "core/log.h"
#include "evaluate/benchmarks/benchmark_comparison.h"
#include "evaluate/statistics.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;
using evaluate::BenchmarkRow;
using evaluate::BenchmarkVerdict;
using evaluate::time_text;

using evaluate::BenchmarkFile;

struct Options {
  std::string first, second, filter, time = "real";
  double threshold = 5, level = 99;  // %
  bool strict = false, json = false;
};

// Here, where the values are those that were typed: later they are shares.
void check(const Options& options) {
  if (!(options.threshold > 0 && options.threshold <= 1000)) {
    throw core::Error::usage(fmt::format("--threshold cannot be {} %", options.threshold),
                             "above 0 to 1000");
  }
  if (!(options.level >= 50 && options.level < 100)) {
    throw core::Error::usage(fmt::format("--level cannot be {} %", options.level),
                             "50 to below 100");
  }
  for (const std::string& name : {options.first, options.second}) {
    if (!fs::exists(name)) throw core::Error::missing(fmt::format("there is no {}", name));
  }
}

std::vector<std::string> files_of(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string change_text(double ratio) { return fmt::format("{:+.1f} %", (ratio - 1) * 100); }

// Median and number of the repetitions of what only one file has: it cannot be compared, but shown.
void fill_side(const BenchmarkFile& file, const BenchmarkRow& row, bool cpu_time, double& median,
               std::size_t& count) {
  const auto found = file.benchmarks.find(row.name);
  if (found == file.benchmarks.end()) return;
  const std::vector<double>& values = cpu_time ? found->second.cpu : found->second.real;
  count = values.size();
  median = values.empty() ? 0 : evaluate::sample_quantile(values, 0.5);
}

std::vector<BenchmarkRow> compare_files(const fs::path& first, const fs::path& second,
                                        const Options& options) {
  const auto before = evaluate::read_benchmark_file(first);
  const auto after = evaluate::read_benchmark_file(second);
  for (const std::string& warning : evaluate::context_warnings(before, after)) {
    core::log_warning(fmt::format("{}: {}", second.filename().string(), warning));
  }
  evaluate::BenchmarkComparisonOptions how;
  how.threshold = options.threshold / 100;
  how.level = options.level / 100;
  how.cpu_time = options.time == "cpu";
  std::vector<BenchmarkRow> rows = compare_benchmarks(before, after, how);
  for (BenchmarkRow& row : rows) {
    if (row.verdict == BenchmarkVerdict::kOnlyFirst) {
      fill_side(before, row, how.cpu_time, row.first, row.first_n);
    } else if (row.verdict == BenchmarkVerdict::kOnlySecond) {
      fill_side(after, row, how.cpu_time, row.second, row.second_n);
    }
  }
  return rows;
}

// Of two files, or of the files of one name in two folders ("file: benchmark").
std::vector<BenchmarkRow> compare(const Options& options) {
  const bool folders = fs::is_directory(options.first);
  if (folders != fs::is_directory(options.second)) {
    throw core::Error::usage("two files or two folders can be compared, but not one of each");
  }
  if (!folders) return compare_files(options.first, options.second, options);
  std::vector<BenchmarkRow> rows;
  const std::vector<std::string> before = files_of(options.first), after = files_of(options.second);
  bool any = false;
  for (const std::string& name : before) {
    if (std::find(after.begin(), after.end(), name) == after.end()) {
      core::log_warning(fmt::format("{} is only in {}", name, options.first));
      continue;
    }
    any = true;
    for (BenchmarkRow& row :
         compare_files(fs::path(options.first) / name, fs::path(options.second) / name, options)) {
      row.name = fs::path(name).stem().string() + ": " + row.name;
      rows.push_back(std::move(row));
    }
  }
  if (!any) {
    throw core::Error::missing(
        fmt::format("{} and {} have no file in common", options.first, options.second),
        "`make bench` writes results/bench/*.json");
  }
  return rows;
}

void print_table(const std::vector<BenchmarkRow>& rows) {
  std::vector<std::vector<std::string>> table = {
      {"verdict", "change", "interval", "before", "after", "n", "benchmark"}};
  for (const BenchmarkRow& row : rows) {
    std::string name = row.name;
    if (!row.reason.empty()) name += "  (" + row.reason + ")";
    std::string interval;
    if (row.ratio) {
      interval = fmt::format("{} to {}", change_text(row.ratio->interval.low),
                             change_text(row.ratio->interval.high));
    }
    table.push_back({to_string(row.verdict), row.ratio ? change_text(row.ratio->ratio) : "-",
                     interval, time_text(row.first), time_text(row.second),
                     fmt::format("{}/{}", row.first_n, row.second_n), name});
  }
  std::printf("%s", aligned(table, 0, {false, true, true, true, true, true}).c_str());
}

// How often each verdict was given.
struct Counts {
  std::size_t slower = 0, faster = 0, same = 0, cannot_tell = 0, gone = 0, added = 0;
  std::size_t compared() const { return slower + faster + same + cannot_tell; }
};

Counts count(const std::vector<BenchmarkRow>& rows) {
  std::map<BenchmarkVerdict, std::size_t> counts;
  for (const BenchmarkRow& row : rows) ++counts[row.verdict];
  return {counts[BenchmarkVerdict::kSlower],    counts[BenchmarkVerdict::kFaster],
          counts[BenchmarkVerdict::kSame],      counts[BenchmarkVerdict::kCannotTell],
          counts[BenchmarkVerdict::kOnlyFirst], counts[BenchmarkVerdict::kOnlySecond]};
}

int run(const Options& options) {
  check(options);
  std::vector<BenchmarkRow> rows = compare(options);
  const Pattern pattern(options.filter);
  rows.erase(std::remove_if(rows.begin(), rows.end(),
                            [&](const BenchmarkRow& row) { return !pattern.matches(row.name); }),
             rows.end());
  if (rows.empty() && !options.filter.empty()) {
    throw core::Error::missing(fmt::format("no benchmark matches '{}'", options.filter),
                               "without --filter all are shown");
  }
  const Counts counts = count(rows);
  if (options.json) {
    std::printf("%s\n", to_json(rows).dump(2).c_str());
  } else {
    print_table(rows);
    std::printf("%zu slower, %zu faster, %zu the same, %zu cannot tell, %zu gone, %zu new\n",
                counts.slower, counts.faster, counts.same, counts.cannot_tell, counts.gone,
                counts.added);
  }
  // Nothing that was compared is nothing that passed.
  if (counts.compared() == 0) {
    throw core::Error::missing(
        fmt::format("nothing was compared: {} and {} have no measured benchmark in common",
                    options.first, options.second));
  }
  const bool failed = counts.slower > 0 || (options.strict && counts.cannot_tell + counts.gone > 0);
  return static_cast<int>(failed ? core::ExitCode::kGateFailed : core::ExitCode::kOk);
}

}  // namespace

Command add_compare_bench(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "compare-bench", "Two runs of the benchmarks: what became slower by more than noise");
  app->add_option("first", options->first, "JSON of Google Benchmark, or a folder of such files")
      ->required();
  app->add_option("second", options->second, "What to compare it with")->required();
  app->add_option("--threshold", options->threshold, "A slowdown of so many % is a regression (5)");
  app->add_option("--level", options->level, "Of the intervals, % (99)");
  app->add_option("--time", options->time, "real or cpu")->check(CLI::IsMember({"real", "cpu"}));
  app->add_option("--filter", options->filter, "Only benchmarks whose name matches this");
  app->add_flag("--strict", options->strict, "Also fail on what cannot be told or is gone");
  app->add_flag("--json", options->json, "For scripts");
  app->footer(
      "Exit code 10 when a benchmark became slower, 40 when nothing could be compared.\n"
      "\n"
      "Examples:\n"
      "  ersatz compare-bench before.json after.json\n"
      "  ersatz compare-bench old-bench results/bench --threshold 10 --filter attention\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
