#include "runner/training/mini_sd_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "compute/device.h"
#include "compute/numerics.h"
#include "compute/ranks/join_ranks.h"
#include "compute/threads.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/filesystem_failure.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/planning_lock.h"
#include "core/progress.h"
#include "core/project.h"
#include "core/provenance.h"
#include "core/run_directory.h"
#include "core/stage_plan.h"
#include "core/staged_folder.h"
#include "runner/libraries.h"
#include "runner/rank_session.h"
#include "runner/rank_stages.h"
#include "runner/stage_run.h"
#include "runner/training/mini_sd_recipe.h"
#include "runner/training/mini_sd_stages.h"
#include "runner/training/model_card.h"

namespace ersatz::runner {

namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr const char* kName = "mini-sd";

// A run that is continued is what it was asked to be at the start.
TrainOptions as_asked(TrainOptions options) {
  if (options.resume.empty()) {
    const bool named = options.recipe.find('/') == std::string::npos &&
                       fs::path(options.recipe).extension().empty();
    if (!named) options.recipe = fs::absolute(options.recipe).string();
    return options;
  }
  const core::RunRequest request = core::RunDirectory::open(options.resume).request();
  options.recipe = request.profile;
  options.overrides = request.overrides;
  options.device = request.device;
  options.only = request.only;
  options.force = request.force;
  options.from = request.from;
  options.parts = request.parts;
  return options;
}

core::RunDirectory open_run(const TrainOptions& options, const MiniSdRun& where,
                            const core::Config& config) {
  if (!options.resume.empty()) return core::RunDirectory::open(options.resume);
  core::RunRequest run;
  run.experiment = fmt::format("{}{}", kTrainPrefix, kName);
  run.profile = options.recipe;
  run.overrides = options.overrides;
  run.device = options.device;
  run.only = options.only;
  run.force = options.force;
  run.from = options.from;
  // On GPUs there are as many as ranks.
  if (where.device == "cpu") run.parts = where.parts;
  return core::RunDirectory::create(core::Project::get().runs(), run, config);
}

core::PlanOptions plan_options(const TrainOptions& options, const MiniSdRun& where) {
  core::PlanOptions plan;
  plan.numerics = compute::numerics_description(where.device);
  if (where.parts > 0) {
    plan.collective_numerics = fmt::format("{} parts={}", plan.numerics, where.parts);
  }
  plan.force = options.force;
  plan.from = options.from;
  plan.only = options.only;
  if (!options.resume.empty()) plan.since = core::RunDirectory::open(options.resume).started();
  return plan;
}

// Parts of a batch of the diffusion training; 0: as many as threads. One process that was not asked
// for parts keeps the keys that its stages always had.
std::int64_t parts_for(const TrainOptions& options, const std::string& device, int threads,
                       const core::Ranks& ranks) {
  if (device != "cpu") {
    if (options.parts != 0 && options.parts != ranks.size) {
      throw Error::usage(fmt::format("--parts {} on {} GPUs", options.parts, ranks.size),
                         "on GPUs every rank computes one part of a batch");
    }
    return ranks.alone() ? 0 : ranks.size;
  }
  if (options.parts != 0 || ranks.alone()) return options.parts;
  return std::int64_t{threads} * ranks.size;
}

void copy_tree(const fs::path& from, const fs::path& to) {
  core::make_directories(to);
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

// The model with everything that explains it.
void write_model_folder(const fs::path& target, const core::Config& config,
                        const Execution& execution, const core::Json& provenance) {
  core::StagedFolder staged(target);
  copy_tree(execution.stages.dir(kModelStage) / "model", staged.path());
  core::write_file_atomic(
      staged.path() / "README.md",
      model_card({&config, &execution.stages, execution.stage_seconds, provenance}));
  core::write_file_atomic(staged.path() / "recipe.resolved.toml", config.to_toml());
  core::write_json(staged.path() / "training.json", provenance);
  staged.put_in_place();
}

core::Json provenance(const core::RunDirectory& run, const core::Config& config,
                      const std::string& device, int threads,
                      const std::vector<core::PlannedStage>& plan, const std::string& started,
                      const Execution& execution) {
  const core::RunRequest request = run.request();
  core::ProvenanceInput input;
  input.request = &request;
  input.config = &config;
  input.seeds = {config.get_int("seed")};
  input.device = device;
  input.device_name = device_name(device);
  input.numerics = compute::numerics_description(device);
  input.threads = threads;
  input.libraries = library_versions();
  for (const core::PlannedStage& stage : plan) {
    for (const auto& [name, digest] : stage.spec->digests) input.input_digests[name] = digest;
  }
  input.plan = &plan;
  input.started = started;
  input.wall_seconds = execution.wall_seconds;
  input.compute_seconds = execution.compute_seconds;
  core::Json json = core::provenance_json(input);
  json["stage_seconds"] = execution.stage_seconds;
  const std::string start = config.get_string("start.model");
  if (const fs::path before = fs::path(start) / "training.json";
      !start.empty() && fs::exists(before)) {
    json["start"] = core::read_json(before);
  }
  for (const core::PlannedStage& stage : plan) {
    if (execution.stages.has(stage.spec->name)) {
      json["summaries"][stage.spec->name] = execution.stages.summary(stage.spec->name);
    }
  }
  return json;
}

// Runs the plan in `run`, whose state tells afterwards how it ended.
void finish_run(const TrainOptions& options, core::RunDirectory& run, const core::Config& config,
                const MiniSdRun& where, int threads, const core::StageCache& cache,
                const std::vector<core::PlannedStage>& plan) {
  const std::string started = core::utc_now();
  const Execution execution = execute(cache, plan, false, where.ranks);
  const core::Json record =
      provenance(run, config, where.device, threads, plan, started, execution);
  core::write_json(run.path() / "provenance.json", record);
  if (!execution.stages.has(kModelStage)) {
    std::printf("stages finished in %s\n", core::human_duration(execution.wall_seconds).c_str());
    return;
  }
  const fs::path model = run.path() / "model";
  write_model_folder(model, config, execution, record);
  core::write_file_atomic(run.path() / "samples" / "finished.png",
                          core::read_file(execution.stages.dir(kModelStage) / "samples.png"));
  if (!options.out.empty()) install_model(model, options.out);
  std::printf("%zu stages (%d reused), %s of computing in all, %s now\n", plan.size(),
              execution.reused, core::human_duration(execution.compute_seconds).c_str(),
              core::human_duration(execution.wall_seconds).c_str());
  std::printf("model:   %s\n", (options.out.empty() ? model : fs::path(options.out)).c_str());
  std::printf("samples: %s\n", (run.path() / "samples").c_str());
}

}  // namespace

void check_install_target(const fs::path& target) {
  std::error_code ignored;
  if (!fs::exists(target) || fs::is_empty(target, ignored)) return;
  bool known = fs::exists(target / "model_index.json");
  for (const auto& entry : fs::directory_iterator(target, ignored)) {
    known = known || entry.path().extension() == ".toml";
  }
  if (!known) {
    throw Error::usage(fmt::format("{} holds something, but no model", target.string()),
                       "choose another folder for --out");
  }
}

void install_model(const fs::path& model, const fs::path& target) {
  check_install_target(target);
  const fs::path folder = target.has_filename() ? target : target.parent_path();
  core::StagedFolder staged(folder);
  if (fs::exists(folder)) copy_tree(folder, staged.path());
  // Files of an earlier model that this one does not have must not mix with it.
  for (const auto& entry : fs::directory_iterator(model)) {
    core::remove_tree(staged.path() / entry.path().filename());
  }
  copy_tree(model, staged.path());
  staged.put_in_place();
}

void run_mini_sd(const TrainOptions& given, const core::Ranks& ranks, compute::RankGroup* group) {
  if (!given.out.empty()) check_install_target(given.out);
  const TrainOptions options = as_asked(given);
  const core::Config config = load_mini_sd_recipe(options.recipe, options.overrides);
  const MiniSdRecipe recipe = parse_mini_sd_recipe(config);
  const auto where = std::make_shared<MiniSdRun>();
  where->device = compute::resolve_device(compute::rank_device(options.device, ranks));
  const int threads = compute::use_threads(rank_threads(options.threads, ranks));
  where->ranks = group;
  where->parts = parts_for(options, where->device, threads, ranks);
  // Ranks may have different numbers of threads: as many parts as rank 0 says.
  if (group != nullptr) {
    where->parts = std::stoll(compute::broadcast_text(*group, std::to_string(where->parts)));
  }
  if (ranks.rank == 0) warn_about_timings();

  core::StageGraph graph;
  declare_mini_sd(config, recipe, where, graph);
  const core::StageCache cache(core::Project::get().runs() / "cache");
  std::optional<core::FileLock> planning;
  if (!options.dry_run && ranks.rank == 0) {
    planning.emplace(core::planning_lock_file(), core::kPlanningLock);
  }
  const std::vector<core::PlannedStage> plan =
      core::plan_stages(graph, cache, plan_options(options, *where));
  if (options.dry_run) {
    std::printf("%s", options.json ? (core::plan_json(plan).dump(2) + "\n").c_str()
                                   : core::plan_text(plan, true).c_str());
    return;
  }
  if (ranks.rank != 0) {
    follow_stages(*group, plan);
    return;
  }
  core::RunDirectory run = open_run(options, *where, config);
  where->samples = run.path() / "samples";
  core::set_log_file(run.path() / "log.txt");
  run.set_state(core::RunState::kRunning);
  core::write_json(run.path() / "plan.json", core::plan_json(plan));
  planning.reset();  // before it says anything: a terminal may keep it waiting
  core::log_info(fmt::format("training {}: {}", config.profile(), run.path().string()));
  core::log_detail(core::plan_text(plan, true));
  try {
    finish_run(options, run, config, *where, threads, cache, plan);
    run.set_state(core::RunState::kFinished);
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
