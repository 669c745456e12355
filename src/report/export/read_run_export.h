// Collecting what there is of a run.
#pragma once

#include <filesystem>

#include "core/run_directory.h"
#include "report/export/run_export.h"

namespace ersatz::report {

// A results folder (results/<experiment>/<profile>, with metrics.json): what was measured, the
// verdicts, tables, plots and pictures, and, where `cache` (runs/cache) still has the stages that
// provenance.json names, the logs of their trainings. Error::missing, Error::untrusted.
RunExport read_results_export(const std::filesystem::path& folder,
                              const std::filesystem::path& cache);

// A run of any state. Its stages' logs come from `cache`; what it measured from its own results or,
// when it was published, from `results_root` if that still holds this very run.
RunExport read_run_export(const core::RunDirectory& run, const std::filesystem::path& cache,
                          const std::filesystem::path& results_root);

// The folder of a training (`ersatz train ... --out`, with metrics.jsonl). It is FINISHED when
// training.json or summary.json says what came out, else INTERRUPTED. Weights and checkpoints are
// no part of it.
RunExport read_training_export(const std::filesystem::path& folder);

}  // namespace ersatz::report
