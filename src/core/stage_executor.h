// Runs a plan: reuses finished stages, continues interrupted ones, heals damaged cache entries.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "core/stage_cache.h"
#include "core/stage_plan.h"

namespace ersatz::core {

struct ExecutorOptions {
  bool keep_going = false;  // a failed stage fails its consumers, not the run
  // Told about every stage after it is done: (stage, its entry, whether it was reused). Told again
  // when the entry proves damaged later on and the stage has run after all.
  std::function<void(const PlannedStage&, const CacheEntry&, bool)> on_finished;
  // Called before the body of a collective stage, with folder and summary of each input.
  std::function<void(const StageSpec&, const std::map<std::string, std::filesystem::path>&,
                     const std::map<std::string, Json>&)>
      before_collective;
};

class StageExecutor {
 public:
  StageExecutor(const StageCache& cache, std::vector<PlannedStage> plan, ExecutorOptions options);

  // Runs everything that has to run, in order. Throws what a stage throws (unless keep_going);
  // Interrupted leaves the current stage resumable.
  FinishedStages run();

 private:
  struct State {
    CacheEntry entry;
    bool verified = false;
  };

  // Makes sure the stage is finished (running it when needed). `as_input`: its files are about to
  // be read, so they are verified against their digests first; damaged ones are made again.
  const CacheEntry& ensure(const PlannedStage& stage, bool as_input);
  CacheEntry execute(const PlannedStage& stage);

  const StageCache& cache_;
  std::vector<PlannedStage> plan_;
  ExecutorOptions options_;
  std::map<std::string, const PlannedStage*> by_name_;
  std::map<std::string, State> done_;
  std::map<std::string, std::string> failed_;
  int started_ = 0, to_run_ = 0;
};

}  // namespace ersatz::core
