#include "runner/stage_run.h"

#include <fmt/format.h>

#include <chrono>
#include <set>
#include <string>

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
  std::set<std::string> reused;
  core::ExecutorOptions options;
  options.keep_going = keep_going;
  options.on_finished = [&](const core::PlannedStage& stage, const core::CacheEntry& entry,
                            bool was_there) {
    const std::string& name = stage.spec->name;
    execution.stage_seconds[name] = entry.wall_seconds;
    if (was_there) {
      reused.insert(name);
    } else {
      reused.erase(name);
    }
    core::log_detail(fmt::format("{} {} in {}", was_there ? "reused" : "finished", name,
                                 core::human_duration(entry.wall_seconds)));
  };
  if (group != nullptr) announce_stages(*group, options);
  const auto begin = std::chrono::steady_clock::now();
  execution.stages = core::StageExecutor(cache, plan, options).run();
  if (group != nullptr) announce_end(*group);
  execution.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  execution.reused = static_cast<int>(reused.size());
  for (const auto& [name, seconds] : execution.stage_seconds) execution.compute_seconds += seconds;
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
