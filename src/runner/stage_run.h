// Running a plan of stages and counting what it cost: what experiments and trainings have in
// common.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compute/ranks/rank_group.h"
#include "core/experiment.h"
#include "core/stage_cache.h"
#include "core/stage_plan.h"

namespace ersatz::runner {

struct Execution {
  core::FinishedStages stages;
  double wall_seconds = 0;
  double compute_seconds = 0;  // of all stages used, whenever they ran
  std::map<std::string, double> stage_seconds;
  int reused = 0;
  bool failed = false;  // only with `keep_going`
};

// Runs or reuses every stage of the plan, in order (core::StageExecutor, with its errors).
// `group`: the ranks that take part in collective stages, which are in follow_stages(); null: none.
Execution execute(const core::StageCache& cache, const std::vector<core::PlannedStage>& plan,
                  bool keep_going, compute::RankGroup* group = nullptr);

// What to do after a run of one process was interrupted. On ranks the same command goes on.
inline constexpr const char* kResumeHint = "`ersatz resume` goes on where this run stopped";

// Warns when timings will mean nothing: a build without optimisation, or a busy machine.
void warn_about_timings();

}  // namespace ersatz::runner
