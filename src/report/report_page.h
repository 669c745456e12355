// report.md: everything about one run on one page.
#pragma once

#include <string>
#include <vector>

#include "core/card.h"
#include "evaluate/gate.h"
#include "evaluate/verdict.h"
#include "report/figure.h"
#include "report/result_record.h"
#include "report/table.h"

namespace ersatz::report {

struct ReportInput {
  const core::Card* card;
  const ResultRecord* record;
  const std::vector<Table>* tables;
  const std::vector<Figure>* figures;
  const std::vector<evaluate::Verdict>* verdicts;
  const evaluate::GateReport* gates;
};

// Links are relative to the results folder. Ends with a newline.
std::string report_page(const ReportInput& input);

}  // namespace ersatz::report
