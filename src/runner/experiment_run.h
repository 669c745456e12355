// One run of an experiment, from configuration to published results.
#pragma once

#include <string>
#include <vector>

#include "compute/ranks/rank_group.h"
#include "core/experiment.h"
#include "core/ranks.h"
#include "runner/run_options.h"

namespace ersatz::runner {

// Runs (or, with options.dry_run, only plans) `experiment` with one set of overrides, without
// sweeps. Returns the folder that holds the results, empty after a dry run. The run directory is
// left FINISHED, INTERRUPTED or FAILED whatever happens. Of several ranks (`group` not null) all
// call it: rank 0 does all this, the others take part in collective stages and return an empty
// path.
std::filesystem::path run_experiment(const core::Experiment& experiment, const RunOptions& options,
                                     const std::vector<std::string>& overrides,
                                     const core::Ranks& ranks, compute::RankGroup* group);

}  // namespace ersatz::runner
