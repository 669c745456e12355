#include "evaluate/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "evaluate/claim_words.h"
#include "evaluate/summary.h"

namespace ersatz::evaluate {
namespace {

using core::Claim;
using core::ClaimKind;
using core::Metric;
using core::MetricTable;
using core::Quantifier;

// Where a value lies relative to an open half line: negative means "satisfied".
Outcome below(double value, const std::optional<Interval>& interval, double bound) {
  const double low = interval ? interval->low : value, high = interval ? interval->high : value;
  if (high < bound) return Outcome::kHolds;
  if (low >= bound) return Outcome::kFails;
  return Outcome::kUndecided;
}

Outcome negate(Outcome outcome) {
  if (outcome == Outcome::kHolds) return Outcome::kFails;
  if (outcome == Outcome::kFails) return Outcome::kHolds;
  return outcome;
}

std::optional<Interval> mirrored(const std::optional<Interval>& interval) {
  if (!interval) return std::nullopt;
  return Interval{-interval->high, -interval->low};
}

const Metric* look_up(const MetricTable& metrics, const std::string& name,
                      std::optional<double> point) {
  return point ? metrics.find(name, point) : metrics.find_address(name);
}

std::string address(const std::string& name, std::optional<double> point) {
  return point ? fmt::format("{}@{:g}", name, *point) : name;
}

// Why a metric cannot be used; empty when it can.
std::string why_missing(const MetricTable& metrics, const std::string& name,
                        std::optional<double> point) {
  const Metric* metric = look_up(metrics, name, point);
  if (metric == nullptr) return fmt::format("{} is not in the results", address(name, point));
  if (metric->values.empty()) {
    return fmt::format("{} was not run{}{}", address(name, point),
                       metric->not_run.empty() ? "" : ": ", metric->not_run);
  }
  if (!summarise(metric)) return fmt::format("{} is not finite", address(name, point));
  return {};
}

bool is_comparison(const Claim& claim) {
  return claim.kind != ClaimKind::kBetween && claim.kind != ClaimKind::kTrend;
}

std::vector<std::string> operands(const Claim& claim) {
  if (is_comparison(claim)) return {claim.left, claim.right};
  return {claim.metric};
}

std::vector<std::optional<double>> points_of(const Claim& claim, const MetricTable& metrics) {
  if (!claim.has_points()) return {std::nullopt};
  std::set<double> points(claim.at.begin(), claim.at.end());
  if (claim.all_points) {
    for (const std::string& name : operands(claim)) {
      for (const Metric* metric : metrics.series(name)) points.insert(*metric->point);
    }
  }
  return {points.begin(), points.end()};
}

// Compares left with right so that a negative difference favours the claim.
PointDetail compare(const Claim& claim, const MetricTable& metrics, std::optional<double> point) {
  PointDetail detail;
  detail.point = point;
  const Metric* left = look_up(metrics, claim.left, point);
  const Metric* right = look_up(metrics, claim.right, point);
  const auto difference = evaluate::difference(left, right);
  detail.value = difference->value;
  detail.interval = difference->interval;
  detail.few_seeds = summarise(left)->few_seeds() || summarise(right)->few_seeds();
  const bool wants_less = claim.kind == ClaimKind::kLess ||
                          (claim.kind == ClaimKind::kCrossover && claim.lower_is_better);
  detail.outcome = wants_less ? below(*detail.value, detail.interval, -claim.margin)
                              : below(-*detail.value, mirrored(detail.interval), -claim.margin);
  if (claim.kind == ClaimKind::kCrossover && (*point >= claim.from) != claim.better_from) {
    detail.expected_to_hold = false;
    detail.outcome = negate(detail.outcome);
  }
  return detail;
}

PointDetail compare_range(const Claim& claim, const MetricTable& metrics,
                          std::optional<double> point) {
  const auto summary = summarise(look_up(metrics, claim.metric, point));
  PointDetail detail;
  detail.point = point;
  detail.value = summary->mean;
  detail.interval = summary->interval;
  detail.few_seeds = summary->few_seeds();
  const Interval range = summary->interval.value_or(Interval{summary->mean, summary->mean});
  const double low = claim.low.value_or(-INFINITY), high = claim.high.value_or(INFINITY);
  if (range.low >= low && range.high <= high)
    detail.outcome = Outcome::kHolds;
  else if (range.high < low || range.low > high)
    detail.outcome = Outcome::kFails;
  else
    detail.outcome = Outcome::kUndecided;
  return detail;
}

struct Count {
  std::size_t holds = 0, fails = 0, undecided = 0, missing = 0;
  std::size_t measured() const { return holds + fails + undecided; }
};

Count count(const std::vector<PointDetail>& details) {
  Count result;
  for (const PointDetail& detail : details) {
    switch (detail.outcome) {
      case Outcome::kHolds:
        ++result.holds;
        break;
      case Outcome::kFails:
        ++result.fails;
        break;
      case Outcome::kUndecided:
        ++result.undecided;
        break;
      case Outcome::kMissing:
        ++result.missing;
        break;
    }
  }
  return result;
}

VerdictStatus combine(Quantifier quantifier, const Count& count) {
  const std::size_t total = count.measured();
  bool yes = false, no = false;
  switch (quantifier) {
    case Quantifier::kAll:
      yes = count.holds == total, no = count.fails > 0;
      break;
    case Quantifier::kAny:
      yes = count.holds > 0, no = count.fails == total;
      break;
    case Quantifier::kMajority:
      yes = 2 * count.holds > total, no = 2 * count.fails >= total;
      break;
  }
  return yes  ? VerdictStatus::kReproduced
         : no ? VerdictStatus::kNotReproduced
              : VerdictStatus::kInconclusive;
}

// How far a point speaks for the claim, in the metric's unit.
double favour(const Claim& claim, const PointDetail& detail) {
  if (claim.kind == ClaimKind::kBetween) {
    return std::min(*detail.value - claim.low.value_or(-INFINITY),
                    claim.high.value_or(INFINITY) - *detail.value);
  }
  const bool wants_less = claim.kind == ClaimKind::kLess ||
                          (claim.kind == ClaimKind::kCrossover && claim.lower_is_better);
  const double gain = (wants_less ? -*detail.value : *detail.value) - claim.margin;
  return detail.expected_to_hold ? gain : -gain;
}

// The point that decides: the least favourable for "all", the most for "any", else the median.
const PointDetail& decisive(const Claim& claim, const std::vector<PointDetail>& details) {
  std::vector<const PointDetail*> measured;
  for (const PointDetail& detail : details) {
    if (detail.outcome != Outcome::kMissing) measured.push_back(&detail);
  }
  std::stable_sort(measured.begin(), measured.end(),
                   [&](const PointDetail* a, const PointDetail* b) {
                     return favour(claim, *a) < favour(claim, *b);
                   });
  if (claim.quantifier == Quantifier::kAny) return *measured.back();
  if (claim.quantifier == Quantifier::kMajority) return *measured[measured.size() / 2];
  return *measured.front();
}

// Fills in whatever a claim of several points shares: too little measured, or the effect.
bool enough_measured(const Claim& claim, const Count& counted, Verdict& verdict) {
  bool enough = counted.measured() > 0 && 2 * counted.measured() >= verdict.details.size();
  std::string needed;
  if (claim.kind == ClaimKind::kTrend && counted.measured() < 3) {
    enough = false;
    needed = "a trend needs three";
  }
  if (claim.kind == ClaimKind::kCrossover) {
    needed = fmt::format("some are needed on both sides of {:g}", claim.from);
    for (const bool side : {true, false}) {
      enough = enough && std::any_of(verdict.details.begin(), verdict.details.end(),
                                     [&](const PointDetail& detail) {
                                       return detail.outcome != Outcome::kMissing &&
                                              detail.expected_to_hold == side;
                                     });
    }
  }
  verdict.reason = missing_words(verdict.details);
  if (verdict.details.empty())
    verdict.reason = fmt::format("{} is not in the results", fmt::join(operands(claim), " and "));
  else if (!enough && verdict.details.size() > 1) {
    std::vector<std::string> reasons = {
        fmt::format("only {} of {} points measured", counted.measured(), verdict.details.size())};
    if (!needed.empty()) reasons.push_back(needed);
    if (!verdict.reason.empty()) reasons.push_back(verdict.reason);
    verdict.reason = fmt::format("{}", fmt::join(reasons, "; "));
  }
  return enough;
}

void judge_points(const Claim& claim, const MetricTable& metrics, Verdict& verdict) {
  const Count counted = count(verdict.details);
  verdict.status = combine(claim.quantifier, counted);
  const PointDetail& shown = decisive(claim, verdict.details);
  const std::string unit = look_up(metrics, operands(claim)[0], shown.point)->unit;
  verdict.effect = shown.value;
  verdict.interval = shown.interval;
  verdict.effect_unit = is_comparison(claim) ? difference_unit(unit) : unit;
  verdict.effect_words = effect_words(claim, shown, verdict.effect_unit, counted.measured());
  verdict.reason = outcome_words(verdict.details);
}

void judge_trend(const Claim& claim, const MetricTable& metrics, Verdict& verdict) {
  std::vector<double> x, y;
  std::vector<PointDetail*> measured;
  for (PointDetail& detail : verdict.details) {
    if (detail.outcome == Outcome::kMissing) continue;
    x.push_back(*detail.point);
    y.push_back(*detail.value);
    measured.push_back(&detail);
  }
  const Metric* first = metrics.find(claim.metric, x.front());
  const Metric* last = metrics.find(claim.metric, x.back());
  const auto change = difference(last, first);
  const double sign = claim.rising ? 1 : -1;
  const Outcome ends = claim.rising
                           ? below(-change->value, mirrored(change->interval), -claim.margin)
                           : below(change->value, change->interval, -claim.margin);
  const double rank = spearman(x, y).value_or(0) * sign;
  const Outcome order = rank >= 0.5 ? Outcome::kHolds
                        : rank > 0  ? Outcome::kUndecided
                                    : Outcome::kFails;
  // The points of a trend have no outcome of their own: they carry the trend's.
  Outcome outcome = Outcome::kUndecided;
  if (ends == Outcome::kHolds && order == Outcome::kHolds) outcome = Outcome::kHolds;
  if (ends == Outcome::kFails || order == Outcome::kFails) outcome = Outcome::kFails;
  for (PointDetail* detail : measured) detail->outcome = outcome;
  verdict.status = outcome == Outcome::kHolds   ? VerdictStatus::kReproduced
                   : outcome == Outcome::kFails ? VerdictStatus::kNotReproduced
                                                : VerdictStatus::kInconclusive;
  verdict.effect = change->value;
  verdict.interval = change->interval;
  verdict.effect_unit = difference_unit(first->unit);
  verdict.effect_words = trend_words(claim, *verdict.effect, verdict.interval, verdict.effect_unit,
                                     x.front(), x.back());
  verdict.reason = fmt::format(
      "{} from {:g} to {:g} {}; rank correlation over {} points {:+.2f}{}",
      claim.rising ? "the rise" : "the fall", x.front(), x.back(), to_string(ends), x.size(),
      rank * sign,
      measured.size() < verdict.details.size() ? "; " + missing_words(verdict.details) : "");
}

}  // namespace

Verdict evaluate_claim(const Claim& claim, const MetricTable& metrics) {
  Verdict verdict;
  verdict.claim = claim.id;
  verdict.statement = claim.statement;
  verdict.source = claim.source;
  verdict.expected_holds = claim.expected_holds;
  for (const std::optional<double>& point : points_of(claim, metrics)) {
    PointDetail detail;
    detail.point = point;
    if (claim.kind == ClaimKind::kCrossover) {
      detail.expected_to_hold = (*point >= claim.from) == claim.better_from;
    }
    for (const std::string& name : operands(claim)) {
      const std::string problem = why_missing(metrics, name, point);
      if (problem.empty()) continue;
      detail.missing += (detail.missing.empty() ? "" : "; ") + problem;
    }
    if (detail.missing.empty()) {
      detail = is_comparison(claim) ? compare(claim, metrics, point)
                                    : compare_range(claim, metrics, point);
    }
    verdict.details.push_back(std::move(detail));
  }
  if (!enough_measured(claim, count(verdict.details), verdict)) return verdict;
  if (claim.kind == ClaimKind::kTrend)
    judge_trend(claim, metrics, verdict);
  else
    judge_points(claim, metrics, verdict);
  const bool no_interval =
      std::any_of(verdict.details.begin(), verdict.details.end(), [](const PointDetail& detail) {
        return detail.outcome != Outcome::kMissing && !detail.interval;
      });
  if (no_interval)
    verdict.reason += "; without an interval, by the values alone";
  else if (verdict.few_seeds())
    verdict.reason += "; few seeds: only test-set noise is known";
  return verdict;
}

std::vector<Verdict> evaluate_claims(const core::Card& card, const MetricTable& metrics) {
  std::vector<Verdict> verdicts;
  for (const Claim& claim : card.claims) verdicts.push_back(evaluate_claim(claim, metrics));
  return verdicts;
}

MetricTable published_metrics(const core::Card& card) {
  MetricTable metrics;
  for (const core::PublishedSeries& series : card.published) {
    if (series.x.empty()) metrics.add(series.id, std::nullopt, 0, series.y[0], series.unit);
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      metrics.add(series.id, series.x[i], 0, series.y[i], series.unit);
    }
  }
  return metrics;
}

}  // namespace ersatz::evaluate
