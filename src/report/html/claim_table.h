// Claims and their verdicts as HTML.
#pragma once

#include <string>
#include <vector>

#include "evaluate/gate.h"
#include "evaluate/verdict.h"
#include "report/html/index_page.h"

namespace ersatz::report::html {

// A coloured word: "reproduced", "inconclusive", ...
std::string verdict_chip(evaluate::VerdictStatus status);

// All claims of all experiments with the verdict of the most thorough profile, and those of the
// others beside it.
std::string front_table(const std::vector<ExperimentResults>& experiments);

// The claims of one profile: verdict, effect, why.
std::string verdict_table(const std::vector<evaluate::Verdict>& verdicts);

// Empty text when the card expects nothing of this profile.
std::string gate_table(const evaluate::GateReport& gates);

// The id of a profile's section.
std::string section_id(const std::string& experiment, const std::string& profile);

}  // namespace ersatz::report::html
