// Runs as comma-separated values (RFC 4180, '\n' line ends), for spreadsheets and data frames.
//
//   <experiment>-<name>/metrics.csv    metric, point, unit, seed, value, test items; what was not
//                                      run has no value but a reason
//                       summary.csv    metric, point, unit, mean, sd, 95 % interval, seeds
//                       training.csv   curve, step, value (with trainings)
//                       claims.csv     claim, verdict, statement, reason, effect, 95 % interval,
//                       unit,
//                                      effect in words; what was not run has no effect
//                       settings.csv, run.csv    names and values
//                       tables/, plots/    the .csv files of the run's tables and figures
#pragma once

#include <filesystem>
#include <vector>

#include "report/export/run_export.h"

namespace ersatz::report {

// Writes into `folder`, which is there and empty. Errors as write_tensorboard_log.
void write_csv_files(const std::vector<RunExport>& runs, const std::filesystem::path& folder);

}  // namespace ersatz::report
