// The published folder of a run, results/<experiment>/<profile>/:
//
//   report.md          one readable page: verdicts, tables, figures, what was reduced, how to
//   repeat metrics.json       every measured value; all else can be made from it, the card and
//   provenance.json    where the numbers come from
//   verdicts.json      claims and gates
//   tables/<id>.{md,csv,tex}   plots/<id>.{svg,png,gp,csv}   pictures/<name>.png
//
// The folder is written beside its place and exchanged for the old one in a single step: a reader
// sees the old results or the new ones, also when the writer is killed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/card.h"
#include "evaluate/gate.h"
#include "evaluate/verdict.h"
#include "report/result_record.h"

namespace ersatz::report {

struct WrittenResults {
  std::filesystem::path folder;
  std::vector<evaluate::Verdict> verdicts;
  evaluate::GateReport gates;
  std::vector<std::string> warnings;  // plots not drawn, pictures not found
};

// Writes results_root/<experiment>/<profile>/. Error::io on a full disk; then the old folder stays.
WrittenResults write_results(const core::Card& card, const ResultRecord& record,
                             const std::filesystem::path& results_root);

// Makes tables, plots, verdicts and report.md of a results folder again from its metrics.json and
// the card. Where gnuplot is missing, drawings of unchanged data are kept.
WrittenResults render_results(const core::Card& card, const std::filesystem::path& folder);

}  // namespace ersatz::report
