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

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;
using evaluate::BenchmarkRow;
using evaluate::BenchmarkVerdict;
using evaluate::time_text;

struct Options {
  std::string first, second, filter, time = "real";
  double threshold = 5, level = 99;  // %
  bool strict = false, json = false;
};

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
  return compare_benchmarks(before, after, how);
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

int run(const Options& options) {
  if (options.time != "real" && options.time != "cpu") {
    throw core::Error::usage(fmt::format("no time '{}'", options.time), "real or cpu");
  }
  for (const std::string& name : {options.first, options.second}) {
    if (!fs::exists(name)) throw core::Error::missing(fmt::format("there is no {}", name));
  }
  std::vector<BenchmarkRow> rows = compare(options);
  const Pattern pattern(options.filter);
  rows.erase(std::remove_if(rows.begin(), rows.end(),
                            [&](const BenchmarkRow& row) { return !pattern.matches(row.name); }),
             rows.end());
  std::map<BenchmarkVerdict, std::size_t> counts;
  for (const BenchmarkRow& row : rows) ++counts[row.verdict];
  const std::size_t undecided =
      counts[BenchmarkVerdict::kCannotTell] + counts[BenchmarkVerdict::kOnlyFirst];
  if (options.json) {
    std::printf("%s\n", to_json(rows).dump(2).c_str());
  } else {
    print_table(rows);
    std::printf("%zu slower, %zu faster, %zu the same, %zu cannot tell, %zu gone, %zu new\n",
                counts[BenchmarkVerdict::kSlower], counts[BenchmarkVerdict::kFaster],
                counts[BenchmarkVerdict::kSame], counts[BenchmarkVerdict::kCannotTell],
                counts[BenchmarkVerdict::kOnlyFirst], counts[BenchmarkVerdict::kOnlySecond]);
  }
  // Nothing that was compared is nothing that passed.
  const bool failed =
      counts[BenchmarkVerdict::kSlower] > 0 || (options.strict && (undecided > 0 || rows.empty()));
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
  app->add_option("--time", options->time, "real or cpu");
  app->add_option("--filter", options->filter, "Only benchmarks whose name matches this");
  app->add_flag("--strict", options->strict, "Also fail on what cannot be told or is gone");
  app->add_flag("--json", options->json, "For scripts");
  app->footer(
      "Exit code 10 when a benchmark became slower.\n"
      "\n"
      "Examples:\n"
      "  ersatz compare-bench before.json after.json\n"
      "  ersatz compare-bench old-bench results/bench --threshold 10 --filter attention\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
