// What a run will do, before it does it: every stage's key, whether it is reused, and why not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/stage.h"
#include "core/stage_cache.h"

namespace ersatz::core {

enum class StageFate {
  kReuse,      // finished before, with the same key
  kRun,        // will run
  kNotNeeded,  // intermediate, and everything made from it is already there
};

struct PlannedStage {
  const StageSpec* spec = nullptr;
  Json key_parts;
  std::string key;
  StageFate fate = StageFate::kRun;
  std::string reason;           // why it runs
  bool forced = false;          // runs although it may be there
  std::string since;            // of a forced stage of a run that is continued: PlanOptions::since
  double expected_seconds = 0;  // 0 for stages that do not run
  bool measured_cost = false;   // from this machine's history rather than a first guess
  bool checkpointed = false;    // an interrupted attempt can be continued
};

struct PlanOptions {
  std::string numerics;  // joins the key of numeric stages
  // In place of it, where not empty, for collective stages: how batches are divided.
  std::string collective_numerics;
  bool force = false;  // run everything again
  std::string from;    // run stages whose name starts with this, and what follows them
  std::string only;    // restrict to stages whose name starts with this (+ inputs)
  // Of a run that is continued, when it began (utc_now()): what it had finished by force since then
  // is not run again, and what it had begun is continued.
  std::string since;
};

// Keys of all stages, fates and costs. `graph` must outlive the result. Error::unknown when `from`
// or `only` match no stage.
std::vector<PlannedStage> plan_stages(const StageGraph& graph, const StageCache& cache,
                                      const PlanOptions& options);

// A table for people: one line per stage, groups of like stages folded, totals at the end.
std::string plan_text(const std::vector<PlannedStage>& plan, bool every_stage);
Json plan_json(const std::vector<PlannedStage>& plan);

}  // namespace ersatz::core
