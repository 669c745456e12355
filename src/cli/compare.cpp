#include "cli/compare.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/find_metrics.h"
#include "core/log.h"
#include "report/compare.h"

namespace ersatz::cli {
namespace {

struct Options {
  std::string first, second;
  bool json = false;
};

// Headers of columns: whole paths would push the numbers off the screen.
std::string column_name(const std::string& argument) {
  constexpr std::size_t kWide = 32;
  std::filesystem::path path = argument;
  if (path.filename() == "metrics.json" && path.has_parent_path()) path = path.parent_path();
  if (!path.has_filename()) path = path.parent_path();
  return path.string().size() > kWide ? path.filename().string() : path.string();
}

int run(const Options& options) {
  const NamedMetrics first = read_metrics(find_metrics(options.first));
  const NamedMetrics second = read_metrics(find_metrics(options.second));
  if (!first.experiment.empty() && !second.experiment.empty() &&
      first.experiment != second.experiment) {
    core::log_warning(fmt::format("these are different experiments: {} and {}", first.experiment,
                                  second.experiment));
  }
  std::vector<report::ComparisonRow> rows = report::compare_metrics(first.metrics, second.metrics);
  if (options.json) {
    std::printf("%s\n", report::to_json(rows).dump(2).c_str());
    return 0;
  }
  std::string first_name = column_name(options.first), second_name = column_name(options.second);
  if (first_name == second_name) {
    first_name = "first";
    second_name = "second";
  }
  std::printf("%s", report::comparison_text(rows, first_name, second_name).c_str());
  return 0;
}

}  // namespace

Command add_compare(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "compare", "Two results side by side: differences with intervals and significance");
  app->add_option("first", options->first, "Results folder, run, or metrics.json")->required();
  app->add_option("second", options->second, "What to compare it with")->required();
  app->add_flag("--json", options->json, "For scripts");
  app->footer(
      "Examples:\n"
      "  ersatz compare mnist/mini mnist/reduced          two profiles in results/\n"
      "  ersatz compare mnist/mini 20260102T030405Z-1a2b  a published result and a run\n"
      "  ersatz compare old/metrics.json new/metrics.json --json\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
