// Runs as a file store of MLflow: `mlflow ui --backend-store-uri DIR` shows them.
//
//   0/meta.yaml, .trash/                   the "Default" experiment, as MLflow makes them
//   <experiment id>/meta.yaml              one experiment per paper; id: 18 digits
//   <experiment id>/<run id>/meta.yaml     run id: 32 hexadecimal digits
//                            metrics/<name>    "<ms since 1970> <value> <step>" lines
//                            params/<name>     the value
//                            tags/<name>       the value; mlflow.runName, mlflow.source.git.commit
//                            artifacts/        the run's files, and what names were changed
//
// Written after mlflow/store/tracking/file_store.py, versions 2 and 3. Ids are digests of what they
// name: the same run exported again has the same ids.
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
