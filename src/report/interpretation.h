// What the card makes of a run's metrics: verdicts, gates, tables and figures.
#pragma once

#include <vector>

#include "core/card.h"
#include "evaluate/gate.h"
#include "evaluate/verdict.h"
#include "report/figure.h"
#include "report/result_record.h"
#include "report/table.h"

namespace ersatz::report {

struct Interpretation {
  std::vector<evaluate::Verdict> verdicts;  // one per claim, in the card's order
  evaluate::GateReport gates;
  std::vector<Table> tables;  // titles say what kind of data they show
  std::vector<Figure> figures;
};

Interpretation interpret(const core::Card& card, const ResultRecord& record);

}  // namespace ersatz::report
