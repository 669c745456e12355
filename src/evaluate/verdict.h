// What a run says about a published claim.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "evaluate/statistics.h"

namespace ersatz::evaluate {

enum class VerdictStatus { kReproduced, kNotReproduced, kInconclusive, kNotRun };

// Of one comparison.
enum class Outcome {
  kHolds,      // the whole 95 % interval satisfies it
  kFails,      // the whole interval contradicts it
  kUndecided,  // the interval reaches to both sides
  kMissing,    // not measured
};

struct PointDetail {
  std::optional<double> point;
  Outcome outcome = Outcome::kMissing;
  // Difference left - right, or the metric itself (between); in the metric's unit.
  std::optional<double> value;
  std::optional<Interval> interval;
  bool expected_to_hold = true;  // false on the side of a crossover where left must not win
  bool few_seeds = false;        // judged on one or two seeds
  std::string missing;           // the reason when outcome is kMissing
};

struct Verdict {
  std::string claim, statement, source;
  VerdictStatus status = VerdictStatus::kNotRun;
  bool expected_holds = true;
  // Effect size at the decisive point, with its unit and in words; absent when not run.
  std::optional<double> effect;
  std::string effect_unit, effect_words;
  std::optional<Interval> interval;
  std::vector<PointDetail> details;
  std::string reason;  // why this status, in plain words

  bool few_seeds() const;
  // Whether the status is the one the card expects; nullopt when inconclusive or not run.
  std::optional<bool> as_expected() const;
};

const char* to_string(VerdictStatus status);  // "reproduced", "not reproduced", ...
const char* to_string(Outcome outcome);       // "holds", "fails", "undecided", "not run"

core::Json to_json(const Verdict& verdict);

}  // namespace ersatz::evaluate
