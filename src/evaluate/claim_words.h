// Verdicts in plain words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/card.h"
#include "evaluate/verdict.h"

namespace ersatz::evaluate {

// A difference of percentages is in points.
std::string difference_unit(const std::string& unit);

// "14.5 points lower at 385 (95 % interval 12.1 to 16.8), the least favourable of 9 points; asked:
// more than 10 points lower". The last part where the claim has a margin or a range.
std::string effect_words(const core::Claim& claim, const PointDetail& detail,
                         const std::string& unit, std::size_t measured_points);

// "4.2 points lower at 49500 than at 55 (95 % interval 3.1 to 5.3)".
std::string trend_words(const core::Claim& claim, double change,
                        const std::optional<Interval>& interval, const std::string& unit,
                        double first, double last);

// "holds at 8 of 9 points; undecided at 49500; not run at 55 (reason)".
std::string outcome_words(const std::vector<PointDetail>& details);

// "not run at 55, 165 (reason; other reason)"; empty when nothing is missing.
std::string missing_words(const std::vector<PointDetail>& details);

}  // namespace ersatz::evaluate
