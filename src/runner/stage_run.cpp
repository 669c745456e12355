#include "runner/stage_run.h"

#include <fmt/format.h>

#include <chrono>

#include "core/build_info.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/progress.h"
#include "core/stage_executor.h"
#include "runner/rank_stages.h"

namespace ersatz::runner {

Execution execute(const core::StageCache& cache, const std::vector<core::PlannedStage>& plan,
                  bool keep_going, compute::RankGroup* group) {
  Execution execution;
  core::ExecutorOptions options;
  options.keep_going = keep_going;
  options.on_finished = [&](const core::PlannedStage& stage, const core::CacheEntry& entry,
                            bool reused) {
    execution.compute_seconds += entry.wall_seconds;
    execution.stage_seconds[stage.spec->name] = entry.wall_seconds;
    execution.reused += reused ? 1 : 0;
    core::log_detail(fmt::format("{} {} in {}", reused ? "reused" : "finished", stage.spec->name,
                                 core::human_duration(entry.wall_seconds)));
  };
  if (group != nullptr) announce_stages(*group, options);
  const auto begin = std::chrono::steady_clock::now();
  execution.stages = core::StageExecutor(cache, plan, options).run();
  if (group != nullptr) announce_end(*group);
  execution.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (const core::PlannedStage& stage : plan) {
    execution.failed = execution.failed || execution.stages.failure(stage.spec->name).has_value();
  }
  return execution;
}

void warn_about_timings() {
  if (!core::build_info().optimised) {
    core::log_warning("this is a build without optimisation: timings mean nothing");
  }
  const double load = core::load_average();
  const int cores = core::this_machine().physical_cores;
  if (load > 0.7 * cores) {
    core::log_warning(
        fmt::format("other programs are busy (load {:.1f} on {} cores): timings will "
                    "be too long, results are not affected",
                    load, cores));
  }
}

}  // namespace ersatz::runner
