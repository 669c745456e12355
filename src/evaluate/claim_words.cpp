#include "evaluate/claim_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ersatz::evaluate {
namespace {

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() ? fmt::format("{:.3g}", value) : fmt::format("{:.3g} {}", value, unit);
}

std::string interval_words(const std::optional<Interval>& interval) {
  if (!interval) return "";
  return fmt::format(" (95 % interval {:.3g} to {:.3g})", interval->low, interval->high);
}

// A signed difference as magnitude and word; the interval follows the sign.
std::string signed_words(double value, const std::optional<Interval>& interval,
                         const std::string& unit, std::string_view where) {
  std::optional<Interval> shown = interval;
  if (value < 0 && interval) shown = Interval{-interval->high, -interval->low};
  return fmt::format("{} {}{}{}", with_unit(std::abs(value), unit), value < 0 ? "lower" : "higher",
                     where, interval_words(shown));
}

// What a claim of kind between wants of its metric.
std::string range_words(const core::Claim& claim, const std::string& unit) {
  if (claim.low && claim.high) {
    return fmt::format("{:.3g} to {}", *claim.low, with_unit(*claim.high, unit));
  }
  if (claim.high) return "at most " + with_unit(*claim.high, unit);
  return "at least " + with_unit(*claim.low, unit);
}

// What a claim with a margin wants of a difference: empty without a margin.
std::string margin_words(const core::Claim& claim, bool lower, bool to_hold,
                         const std::string& unit) {
  if (claim.margin == 0) return "";
  return fmt::format("; asked: {}more than {} {}", to_hold ? "" : "not ",
                     with_unit(claim.margin, unit), lower ? "lower" : "higher");
}

std::string points_with(const std::vector<PointDetail>& details, Outcome outcome) {
  std::string text;
  for (const PointDetail& detail : details) {
    if (detail.outcome != outcome || !detail.point) continue;
    text += fmt::format("{}{:g}", text.empty() ? "" : ", ", *detail.point);
  }
  return text;
}

}  // namespace

std::string difference_unit(const std::string& unit) { return unit == "%" ? "points" : unit; }

std::string effect_words(const core::Claim& claim, const PointDetail& detail,
                         const std::string& unit, std::size_t measured_points) {
  std::string where = detail.point ? fmt::format(" at {:g}", *detail.point) : "";
  std::string which;
  if (measured_points > 1) {
    const char* kind = claim.quantifier == core::Quantifier::kAll   ? "least favourable"
                       : claim.quantifier == core::Quantifier::kAny ? "most favourable"
                                                                    : "median";
    which = fmt::format(", the {} of {} points", kind, measured_points);
  }
  if (claim.kind == core::ClaimKind::kBetween) {
    return fmt::format("{}{}{}{}; asked: {}", with_unit(*detail.value, unit), where,
                       interval_words(detail.interval), which, range_words(claim, unit));
  }
  const bool lower = claim.kind == core::ClaimKind::kLess ||
                     (claim.kind == core::ClaimKind::kCrossover && claim.lower_is_better);
  return signed_words(*detail.value, detail.interval, unit, where) + which +
         margin_words(claim, lower, detail.expected_to_hold, unit);
}

std::string trend_words(const core::Claim& claim, double change,
                        const std::optional<Interval>& interval, const std::string& unit,
                        double first, double last) {
  return signed_words(change, interval, unit, fmt::format(" at {:g} than at {:g}", last, first)) +
         margin_words(claim, !claim.rising, true, unit);
}

std::string missing_words(const std::vector<PointDetail>& details) {
  std::vector<std::string> reasons;
  for (const PointDetail& detail : details) {
    if (detail.outcome != Outcome::kMissing) continue;
    if (std::find(reasons.begin(), reasons.end(), detail.missing) == reasons.end()) {
      reasons.push_back(detail.missing);
    }
  }
  if (reasons.empty()) return "";
  // One reason per point would fill a page; the first two say enough.
  std::string shown = reasons[0];
  if (reasons.size() > 1) shown += "; " + reasons[1];
  if (reasons.size() > 2) shown += fmt::format("; and {} more", reasons.size() - 2);
  const std::string points = points_with(details, Outcome::kMissing);
  return points.empty() ? shown : fmt::format("not run at {} ({})", points, shown);
}

std::string outcome_words(const std::vector<PointDetail>& details) {
  std::size_t measured = 0, holding = 0;
  for (const PointDetail& detail : details) {
    measured += detail.outcome != Outcome::kMissing;
    holding += detail.outcome == Outcome::kHolds;
  }
  if (details.size() == 1) {
    switch (details[0].outcome) {
      case Outcome::kHolds:
        return "the whole interval satisfies it";
      case Outcome::kFails:
        return "the whole interval contradicts it";
      default:
        return "the interval reaches to both sides";
    }
  }
  std::string text = fmt::format("holds at {} of {} points", holding, measured);
  const std::string fails = points_with(details, Outcome::kFails);
  const std::string undecided = points_with(details, Outcome::kUndecided);
  const std::string missing = missing_words(details);
  if (!fails.empty()) text += "; fails at " + fails;
  if (!undecided.empty()) text += "; undecided at " + undecided;
  if (!missing.empty()) text += "; " + missing;
  return text;
}

}  // namespace ersatz::evaluate
