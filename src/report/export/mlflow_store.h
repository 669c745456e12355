// Runs as a file store of MLflow: `mlflow ui --backend-store-uri DIR` shows them (3.13 and later
// with MLFLOW_ALLOW_FILE_STORE=true).
//
//   0/meta.yaml, .trash/                   the "Default" experiment, as MLflow makes them
//   <experiment id>/meta.yaml              one experiment per paper; id: 18 digits
//   <experiment id>/<run id>/meta.yaml     run id: 32 hexadecimal digits
//                            metrics/<name>    "<ms since 1970> <value> <step>" lines, no two
//                                              of which are one row in MLflow's databases
//                            params/<name>     the value
//                            tags/<name>       the value; mlflow.runName, mlflow.source.git.commit
//                            artifacts/        the run's files, and what names were changed
//
// Written after mlflow/store/tracking/file_store.py, versions 2 and 3. Ids are digests of what they
// name: the same run exported again has the same ids. Where a time is not known, a run has no end,
// its values bear the time of its start, and an unknown start is 0.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/export/run_export.h"

namespace ersatz::report {

std::string mlflow_experiment_id(const std::string& experiment);
std::string mlflow_run_id(const RunExport& run);

// Writes the store into `folder`, which is there and empty. `location`: where it will stand in the
// end, absolute: MLflow records where the artifacts of a run are. Returns warnings: names that
// MLflow does not take, values that are too long. Error::io, Error::usage when two runs are the
// same.
std::vector<std::string> write_mlflow_store(const std::vector<RunExport>& runs,
                                            const std::filesystem::path& folder,
                                            const std::filesystem::path& location);

}  // namespace ersatz::report
