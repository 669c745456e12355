// Runs as one LaTeX document: `pdflatex main.tex`, twice, compiles it.
//
//   main.tex                      the document: verdicts with effects, tables, all metrics
//   <experiment>-<name>/<id>.tex  the run's tables, ready for \input elsewhere
//                       metrics.tex, claims.tex
//
// Needs nothing but what Debian's texlive-latex-recommended brings (booktabs, longtable, geometry).
#pragma once

#include <filesystem>
#include <vector>

#include "report/export/run_export.h"

namespace ersatz::report {

// Writes into `folder`, which is there and empty. Errors as write_tensorboard_log.
void write_latex_document(const std::vector<RunExport>& runs, const std::filesystem::path& folder);

}  // namespace ersatz::report
