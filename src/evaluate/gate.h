// Gates: does a metric come out as the card expects for this profile?
//
//   PASS        within our tolerance of the expected value (and, for a one-sided gate, anything on
//               the better side)
//   DRIFT       outside our tolerance, inside the paper's: worth a look, not a failure
//   FAIL        outside both
//   UNMEASURED  missing, not run, or not finite: a comparison that cannot be made never passes
//
// The mean over seeds is compared; the tolerance in the card is set for a number of seeds, and a
// run with fewer says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/card.h"
#include "core/exit_code.h"
#include "core/json.h"
#include "core/metrics.h"
#include "evaluate/summary.h"

namespace ersatz::evaluate {

enum class GateStatus { kPass, kDrift, kFail, kUnmeasured };  // from best to worst

struct GateRow {
  core::Expectation expected;
  GateStatus status = GateStatus::kUnmeasured;
  std::optional<Summary> measured;
  std::string unit;
  std::string words;  // "24.3 ± 1.2 %, expected 25 ± 9 %"
};

struct GateReport {
  std::string profile;
  std::vector<GateRow> rows;

  // The worst status among gates (not infos); kPass when there are none.
  GateStatus worst() const;
  // kGateFailed when a gate FAILs or is UNMEASURED, else kOk.
  core::ExitCode exit_code() const;
  // One line per row, then a summary line. Deterministic; ends with a newline.
  std::string text() const;
};

GateReport check_gates(const core::Card& card, std::string_view profile,
                       const core::MetricTable& metrics);

const char* to_string(GateStatus status);  // "PASS", "DRIFT", "FAIL", "UNMEASURED"
core::Json to_json(const GateReport& report);

}  // namespace ersatz::evaluate
