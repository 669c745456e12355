#include "evaluate/verdict.h"

#include <algorithm>

namespace ersatz::evaluate {

bool Verdict::few_seeds() const {
  return std::any_of(details.begin(), details.end(),
                     [](const PointDetail& detail) { return detail.few_seeds; });
}

std::optional<bool> Verdict::as_expected() const {
  if (status == VerdictStatus::kReproduced) return expected_holds;
  if (status == VerdictStatus::kNotReproduced) return !expected_holds;
  return std::nullopt;
}

const char* to_string(VerdictStatus status) {
  switch (status) {
    case VerdictStatus::kReproduced:
      return "reproduced";
    case VerdictStatus::kNotReproduced:
      return "not reproduced";
    case VerdictStatus::kInconclusive:
      return "inconclusive";
    case VerdictStatus::kNotRun:
      return "not run";
  }
  return "";
}

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kHolds:
      return "holds";
    case Outcome::kFails:
      return "fails";
    case Outcome::kUndecided:
      return "undecided";
    case Outcome::kMissing:
      return "not run";
  }
  return "";
}

core::Json to_json(const Verdict& verdict) {
  core::Json json = {{"claim", verdict.claim},
                     {"statement", verdict.statement},
                     {"source", verdict.source},
                     {"status", to_string(verdict.status)},
                     {"expected", verdict.expected_holds ? "holds" : "fails"},
                     {"reason", verdict.reason}};
  if (verdict.effect) {
    json["effect"] = {
        {"value", *verdict.effect}, {"unit", verdict.effect_unit}, {"words", verdict.effect_words}};
    if (verdict.interval) {
      json["effect"]["lo"] = verdict.interval->low;
      json["effect"]["hi"] = verdict.interval->high;
    }
  }
  core::Json points = core::Json::array();
  for (const PointDetail& detail : verdict.details) {
    core::Json row;
    if (detail.point) row["point"] = *detail.point;
    row["outcome"] = to_string(detail.outcome);
    if (!detail.expected_to_hold) row["must_not_hold"] = true;
    if (detail.value) row["value"] = *detail.value;
    if (detail.interval) {
      row["lo"] = detail.interval->low;
      row["hi"] = detail.interval->high;
    }
    if (detail.few_seeds) row["few_seeds"] = true;
    if (!detail.missing.empty()) row["missing"] = detail.missing;
    points.push_back(std::move(row));
  }
  json["points"] = std::move(points);
  return json;
}

}  // namespace ersatz::evaluate
