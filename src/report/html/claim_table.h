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

// Which of the experiment's profiles speaks for a claim: the most thorough one that measured it;
// without one, the most thorough. There must be one.
const ProfileResults& decisive_profile(const ExperimentResults& experiment,
                                       const std::string& claim);

// The verdict of a profile on a claim; null when its card did not have the claim.
const evaluate::Verdict* find_verdict(const ProfileResults& results, const std::string& claim);

// All claims of all experiments with the verdict of the profile that decides, and those of the
// others beside it.
std::string front_table(const std::vector<ExperimentResults>& experiments);

// The claims of one profile: verdict, effect, why.
std::string verdict_table(const std::vector<evaluate::Verdict>& verdicts);

// Empty text when the card expects nothing of this profile.
std::string gate_table(const evaluate::GateReport& gates);

// The id of a profile's section.
std::string section_id(const std::string& experiment, const std::string& profile);

}  // namespace ersatz::report::html
