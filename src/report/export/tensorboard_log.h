// Runs as a log folder of TensorBoard: `tensorboard --logdir DIR` shows them.
//
//   <experiment>-<name>/events.out.tfevents.<seconds>.ersatz    one file per run
//
// Tags: "metrics/<id>" what was measured (steps are the points of sweeps), "train/<stage>/<key>"
// logs of trainings, "pictures/...", "plots/..." and "samples/..." images, "run/page" and
// "run/settings" text.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/export/run_export.h"

namespace ersatz::report {

// The content of a run's file. Logs bear the time of the run's start (they hold no clock), the rest
// that of its end. Within a run, steps only rise. Error::untrusted when a picture is no PNG.
std::string tensorboard_events(const RunExport& run);

// Writes into `folder`, which is there and empty. Error::io, Error::usage when two runs have one
// name.
void write_tensorboard_log(const std::vector<RunExport>& runs, const std::filesystem::path& folder);

}  // namespace ersatz::report
