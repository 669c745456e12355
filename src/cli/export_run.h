// `ersatz export-run RUN... --to FORMAT DIR`: runs for MLflow, TensorBoard, spreadsheets, papers.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_export_run(CLI::App& program);

}  // namespace ersatz::cli
