#include "runner/experiment_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "compute/device.h"
#include "compute/numerics.h"
#include "compute/ranks/join_ranks.h"
#include "compute/threads.h"
#include "core/blas.h"
#include "core/card.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/filesystem_failure.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/planning_lock.h"
#include "core/profile_path.h"
#include "core/progress.h"
#include "core/project.h"
#include "core/provenance.h"
#include "report/results_writer.h"
#include "report/verdict_table.h"
#include "runner/libraries.h"
#include "runner/rank_session.h"
#include "runner/rank_stages.h"
#include "runner/run_context.h"
#include "runner/stage_run.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;

core::Config load_config(const core::Experiment& experiment, const RunOptions& options,
                         const std::vector<std::string>& overrides) {
  core::Config config =
      core::Config::load(core::Project::get().experiment(experiment.id), options.profile);
  for (const std::string& assignment : overrides) config.override_value(assignment);
  if (options.seed) config.override_value(fmt::format("seed={}", *options.seed));
  return config;
}

// What the profile itself says it costs, where this machine has measured no stage of some kind yet.
std::string cost_words(const std::vector<core::PlannedStage>& plan, const core::Config& config) {
  const bool guessed = std::any_of(plan.begin(), plan.end(), [](const core::PlannedStage& stage) {
    return stage.fate == core::StageFate::kRun && !stage.measured_cost;
  });
  if (!guessed || config.cost().empty()) return {};
  return fmt::format("profile {} as a whole, as it says: {}\n", config.profile(), config.cost());
}

core::RunDirectory open_run(const core::Experiment& experiment, const RunOptions& options,
                            const std::vector<std::string>& overrides, std::int64_t parts,
                            const core::Config& config) {
  if (!options.resume.empty()) {
    core::RunDirectory run = core::RunDirectory::open(options.resume);
    // While this is decided the lock on planning is held: of two that begin at once, one goes on.
    core::check_not_running(run);
    return run;
  }
  core::RunRequest request;
  request.experiment = experiment.id;
  request.profile = options.profile;
  request.overrides = overrides;
  request.seed = options.seed;
  request.device = options.device;
  request.keep_going = options.keep_going;
  request.only = options.only;
  request.force = options.force;
  request.from = options.from;
  request.parts = parts;
  return core::RunDirectory::create(core::Project::get().runs(), request, config);
}

// Only what the profile itself produced, completely, may stand in results/.
std::string reason_not_to_publish(const core::Config& config, const RunOptions& options,
                                  bool failed) {
  if (!config.overrides().empty()) return "settings were overridden";
  if (core::is_profile_path(options.profile)) return "the profile is a file of your own";
  if (!options.only.empty()) return "only some stages ran";
  if (failed) return "some stages failed";
  return {};
}

core::Json provenance(const core::RunRequest& request, const ManifestRunContext& context,
                      const std::vector<core::PlannedStage>& plan, const std::string& numerics,
                      int threads, const std::string& started, const Execution& execution) {
  core::ProvenanceInput input;
  input.request = &request;
  input.config = &context.config();
  input.seeds = context.seeds();
  input.device = context.device();
  input.device_name = device_name(context.device());
  input.numerics = numerics;
  input.threads = threads;
  input.libraries = library_versions();
  input.datasets = context.datasets();
  for (const core::PlannedStage& stage : plan) {
    for (const auto& [name, digest] : stage.spec->digests) {
      if (input.datasets.count(name) == 0) input.input_digests[name] = digest;
    }
  }
  input.plan = &plan;
  input.started = started;
  input.wall_seconds = execution.wall_seconds;
  input.compute_seconds = execution.compute_seconds;
  return core::provenance_json(input);
}

fs::path finish(const core::Experiment& experiment, const RunOptions& options,
                ManifestRunContext& context, core::RunDirectory& run,
                const std::vector<core::PlannedStage>& plan, const Execution& execution,
                core::Json provenance_record) {
  core::Results results;
  experiment.summarise(context, execution.stages, results);
  provenance_record["throughput"] = results.throughput;
  core::write_json(run.path() / "provenance.json", provenance_record);
  const core::Config& config = context.config();
  report::ResultRecord record;
  record.experiment = experiment.id;
  record.profile = config.profile();
  record.profile_title = config.title();
  record.command = fmt::format("make reproduce-{} PROFILE={}", experiment.id, config.profile());
  record.metrics = results.metrics;
  record.pictures = results.pictures;
  record.data_label = results.data_label;
  record.notes = results.notes;
  record.differs = config.differs();
  record.difference = config.difference(config.base());
  record.provenance = provenance_record;
  const core::Card card = core::load_card(core::Project::get().experiment(experiment.id));
  record.card_version = card.version;
  const std::string reason = reason_not_to_publish(config, options, execution.failed);
  const report::WrittenResults written = report::write_results(
      card, record, reason.empty() ? core::Project::get().results() : run.path() / "results");
  for (const std::string& warning : written.warnings) core::log_warning(warning);
  std::printf("\n%s", report::verdict_text(written.verdicts).c_str());
  std::printf("\n%zu stages (%d reused), %s of computing in all, %s now\n", plan.size(),
              execution.reused, core::human_duration(execution.compute_seconds).c_str(),
              core::human_duration(execution.wall_seconds).c_str());
  std::printf("results: %s\n", (written.folder / "report.md").c_str());
  if (!reason.empty()) std::printf("(not in results/, because %s)\n", reason.c_str());
  return written.folder;
}

}  // namespace

fs::path run_experiment(const core::Experiment& experiment, const RunOptions& options,
                        const std::vector<std::string>& overrides, const core::Ranks& ranks,
                        compute::RankGroup* group) {
  const std::string started = core::utc_now();
  const core::Config config = load_config(experiment, options, overrides);
  const std::string device = compute::resolve_device(compute::rank_device(options.device, ranks));
  const int threads = compute::use_threads(rank_threads(options.threads, ranks));
  const std::string numerics = compute::numerics_description(device);
  if (ranks.rank == 0) warn_about_timings();
  const std::int64_t parts = options.parts != 0 || ranks.alone() ? options.parts : ranks.size;

  ManifestRunContext context(config, device, options.dry_run, options.offline, group, parts);
  core::StageGraph graph;
  experiment.declare(context, graph);
  const core::StageCache cache(core::Project::get().runs() / "cache");
  core::PlanOptions plan_options;
  plan_options.numerics = numerics;
  if (parts > 1) plan_options.collective_numerics = fmt::format("{} parts={}", numerics, parts);
  plan_options.force = options.force;
  plan_options.from = options.from;
  plan_options.only = options.only;
  if (!options.resume.empty()) {
    plan_options.since = core::RunDirectory::open(options.resume).started();
  }
  std::optional<core::FileLock> planning;
  if (!options.dry_run && ranks.rank == 0) {
    planning.emplace(core::planning_lock_file(), core::kPlanningLock);
  }
  const std::vector<core::PlannedStage> plan = core::plan_stages(graph, cache, plan_options);
  if (options.dry_run) {
    if (options.json)
      std::printf("%s\n", core::plan_json(plan).dump(2).c_str());
    else
      std::printf("%s%s", core::plan_text(plan, options.every_stage).c_str(),
                  cost_words(plan, config).c_str());
    return {};
  }

  if (ranks.rank != 0) {
    follow_stages(*group, plan);
    return {};
  }
  core::RunDirectory run = open_run(experiment, options, overrides, parts, config);
  core::set_log_file(run.path() / "log.txt");
  run.set_state(core::RunState::kRunning);
  core::write_json(run.path() / "plan.json", core::plan_json(plan));
  planning.reset();  // before it says anything: a terminal may keep it waiting
  core::log_info(fmt::format("{} {}: {}", experiment.id, config.profile(), config.title()));
  core::log_detail(core::plan_text(plan, true));
  try {
    const Execution execution = execute(cache, plan, options.keep_going, group);
    const core::Json record =
        provenance(run.request(), context, plan, numerics, threads, started, execution);
    const fs::path results = finish(experiment, options, context, run, plan, execution, record);
    if (execution.failed) {
      throw core::Error(core::ExitCode::kInternal, "some stages failed; their cells are empty",
                        "the log says why: " + (run.path() / "log.txt").string());
    }
    run.set_state(core::RunState::kFinished);
    return results;
  } catch (const core::Interrupted& error) {
    run.set_state(core::RunState::kInterrupted, error.what(), error.exit_status());
    if (ranks.alone()) throw error.with_hint(kResumeHint);
    throw;
  } catch (const core::Error& error) {
    core::log_detail(error.what());
    run.set_state(core::RunState::kFailed, error.what(), error.exit_status());
    throw;
  } catch (const fs::filesystem_error& error) {
    const core::Error failure = core::filesystem_failure(error);
    core::log_detail(failure.what());
    run.set_state(core::RunState::kFailed, failure.what(), failure.exit_status());
    throw failure;
  } catch (const std::exception& error) {
    core::log_detail(error.what());
    run.set_state(core::RunState::kFailed, error.what(), 1);
    throw;
  }
}

}  // namespace ersatz::runner
