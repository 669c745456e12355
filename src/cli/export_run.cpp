#include "cli/export_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/find_run.h"
#include "core/error.h"
#include "core/log.h"
#include "core/project.h"
#include "report/export/export_target.h"
#include "report/export/read_run_export.h"
#include "report/export/write_export.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> words;  // runs, then the folder
  std::string format;
};

// A results folder, a run, or the folder of a training, by path or name.
report::RunExport read(const std::string& name) {
  const core::Project& project = core::Project::get();
  const fs::path cache = project.runs() / "cache";
  std::error_code ignored;
  if (!name.empty()) {
    for (const fs::path& folder : {fs::path(name), project.results() / name}) {
      if (fs::is_regular_file(folder / "run.json", ignored)) break;
      if (fs::is_regular_file(folder / "metrics.json", ignored)) {
        return report::read_results_export(folder, cache);
      }
      if (fs::is_regular_file(folder / "metrics.jsonl", ignored)) {
        return report::read_training_export(folder);
      }
    }
    if (const auto run = find_run(name)) {
      return report::read_run_export(*run, cache, project.results());
    }
  }
  throw core::Error::missing(
      fmt::format("'{}' is neither a run, nor a folder with results or the log of a training",
                  name),
      "e.g. mnist/mini, a folder, or the name of a run (`ersatz list --runs`)");
}

int run(const Options& options) {
  if (options.words.size() < 2) {
    throw core::Error::usage("a run and the folder to write are needed",
                             "e.g. `ersatz export-run mnist/mini --to mlflow mlruns`");
  }
  const std::string& target = options.words.back();
  report::export_target(target);  // before much is read
  std::vector<report::RunExport> runs;
  for (std::size_t i = 0; i + 1 < options.words.size(); ++i) {
    runs.push_back(read(options.words[i]));
  }
  for (const std::string& warning : report::write_export(runs, options.format, target)) {
    core::log_warning(warning);
  }
  for (const report::RunExport& exported : runs) {
    std::printf("%s: %s, %zu metrics, %zu curves, %zu pictures\n", exported.label().c_str(),
                core::run_state_name(exported.state), exported.metrics.all().size(),
                exported.curves.size(), exported.pictures.size());
  }
  std::printf("%s\n", target.c_str());
  return 0;
}

}  // namespace

Command add_export_run(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "export-run", "Runs and results for MLflow, TensorBoard, spreadsheets or a paper");
  app->add_option("runs_and_folder", options->words,
                  "Runs, results folders or trainings; last, the folder to write (new or empty)")
      ->required()
      ->type_name("RUN... DIR");
  app->add_option("-t,--to", options->format, "csv, latex, mlflow or tensorboard")->required();
  app->footer(
      "Examples:\n"
      "  ersatz export-run mnist/mini --to mlflow mlruns\n"
      "      MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri mlruns\n"
      "  ersatz export-run mnist/mini fruit/mini --to tensorboard logs\n"
      "  ersatz export-run 20260102T030405Z-1a2b --to csv tables\n"
      "  ersatz export-run mnist/reduced --to latex paper\n"
      "      cd paper && pdflatex main.tex && pdflatex main.tex\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
