// One run of an experiment, from configuration to published results.
#pragma once

#include <string>
#include <vector>

#include "core/experiment.h"
#include "runner/run_options.h"

namespace ersatz::runner {

// Runs (or, with options.dry_run, only plans) `experiment` with one set of overrides, without
// sweeps. Returns the folder that holds the results, empty after a dry run. The run directory is
// left FINISHED, INTERRUPTED or FAILED whatever happens.
std::filesystem::path run_experiment(const core::Experiment& experiment, const RunOptions& options,
                                     const std::vector<std::string>& overrides);

}  // namespace ersatz::runner
