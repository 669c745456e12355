#include "runner/experiment_main.h"

#include <fmt/format.h>

#include <cstdio>

#include "core/blas.h"
#include "core/command_line.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/project.h"
#include "core/signals.h"
#include "runner/experiment_run.h"
#include "runner/rank_session.h"

namespace ersatz::runner {
namespace {

const core::Experiment& the_experiment() {
  const auto& all = core::registered_experiments();
  if (all.size() != 1) {
    throw core::Error::internal(
        fmt::format("{} experiments are linked into this program, one is expected", all.size()));
  }
  return all.front();
}

std::string footer(const std::string& id) {
  return fmt::format(
      "Examples:\n"
      "  reproduce-{0} --dry-run                    what would run, and at what cost\n"
      "  reproduce-{0} --profile reduced            real data, less compute\n"
      "  reproduce-{0} -o replicates=5 --seed 3     other settings (kept out of results/)\n"
      "  reproduce-{0} -o classifier.steps=100,200  a sweep: one run for each value\n",
      id);
}

// A resumed run is what it was asked to be at the start; only how it runs may change.
void restore_request(RunOptions& options) {
  const core::RunRequest request = core::RunDirectory::open(options.resume).request();
  options.profile = request.profile;
  options.overrides = request.overrides;
  options.seed = request.seed;
  options.device = request.device;
  options.keep_going = options.keep_going || request.keep_going;
  options.only = request.only;
  options.force = request.force;
  options.from = request.from;
  options.parts = request.parts;
}

// The other ranks follow rank 0's stages one by one: they cannot skip one that failed there.
void refuse_keep_going(const core::Ranks& ranks) {
  if (ranks.alone()) return;
  throw core::Error::usage(
      fmt::format("--keep-going is for one process, this is rank {} of {}", ranks.rank, ranks.size),
      "leave it out; a run that was started with it is resumed by one process");
}

// One run after the other, and where their results are.
void run_all(const core::Experiment& experiment, const RunOptions& options,
             const std::vector<std::vector<std::string>>& combinations, const core::Ranks& ranks,
             compute::RankGroup* group) {
  std::vector<std::pair<std::string, std::filesystem::path>> finished;
  for (const auto& overrides : combinations) {
    const auto results = run_experiment(experiment, options, overrides, ranks, group);
    finished.emplace_back(fmt::format("{}", fmt::join(overrides, " ")), results);
  }
  if (combinations.size() < 2 || options.dry_run || ranks.rank != 0) return;
  std::printf("\nsweep:\n");
  for (const auto& [overrides, folder] : finished) {
    std::printf("  %-40s %s\n", overrides.c_str(), folder.c_str());
  }
  std::printf("`ersatz compare A B` shows where two of them differ.\n");
}

}  // namespace

int experiment_main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  const core::Experiment& experiment = the_experiment();
  CLI::App app{"Re-runs the published experiment '" + experiment.id + "'",
               "reproduce-" + experiment.id};
  app.footer(footer(experiment.id));
  RunOptions options;
  add_run_options(app, options);
  if (!core::parse_command_line(app, argc, argv)) return 0;
  core::set_progress_mode(core::parse_progress_mode(options.progress));
  core::set_quiet(options.quiet);
  core::install_signal_handlers();
  if (options.time_limit > 0) core::stop_after(options.time_limit);
  if (!options.resume.empty()) restore_request(options);
  if (options.keep_going) refuse_keep_going(core::ranks_from_environment());

  const core::Config config =
      core::Config::load(core::Project::get().experiment(experiment.id), options.profile);
  const auto combinations = core::expand_sweeps(config, options.overrides);
  run_as_rank([&](const core::Ranks& ranks, compute::RankGroup* group) {
    run_all(experiment, options, combinations, ranks, group);
  });
  return 0;
}

}  // namespace ersatz::runner
