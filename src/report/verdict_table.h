// Verdicts and gates in short, for the terminal and for report.md.
#pragma once

#include <string>
#include <vector>

#include "evaluate/gate.h"
#include "evaluate/verdict.h"

namespace ersatz::report {

// For the terminal: one line of status and statement per claim, then effect and reason, and a line
// that counts. No colours, no line longer than `width` columns except for words that are.
std::string verdict_text(const std::vector<evaluate::Verdict>& verdicts, std::size_t width = 100);

// A Markdown table: claim, verdict, effect, why.
std::string verdict_markdown(const std::vector<evaluate::Verdict>& verdicts);

// A Markdown table of gates; empty text when there are none.
std::string gate_markdown(const evaluate::GateReport& report);

// When a claim is reproduced, not reproduced, inconclusive: a sentence or two.
std::string verdict_rule();

// "3 reproduced, 1 not reproduced, 0 inconclusive, 2 not run".
std::string verdict_counts(const std::vector<evaluate::Verdict>& verdicts);

}  // namespace ersatz::report
