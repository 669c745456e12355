// Runs in one of the formats of other programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/export/run_export.h"

namespace ersatz::report {

// "csv", "latex", "mlflow", "tensorboard".
std::vector<std::string> export_formats();

// Makes the folder `target` in one step: it is there complete or not at all. The same runs give the
// same bytes (and, for MLflow, the same place: it records it). Returns warnings: those of the runs
// and what the format cannot say. Error::unknown for another format, Error::usage when `target` is
// there and not empty or a run is given twice, Error::io.
std::vector<std::string> write_export(const std::vector<RunExport>& runs, const std::string& format,
                                      const std::filesystem::path& target);

}  // namespace ersatz::report
