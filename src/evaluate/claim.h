// Judging the claims of a card by the metrics of a run.
//
// Every comparison uses the 95 % interval of its difference (summary.h): it holds when the whole
// interval satisfies it, fails when the whole interval contradicts it, and is undecided otherwise.
// Where no interval exists (one or two seeds of something that is not a proportion), the sign of
// the difference decides and the reason says so. Intervals are per point, not corrected for the
// number of points.
//
//   less, greater  left against right, by more than `margin`
//   between        the metric's interval lies in [low, high]
//   trend          last point against first point by more than `margin`, and Spearman's rank
//                  correlation over all points of at least 0.5 (undecided above 0)
//   crossover      left is better than right by more than `margin` at every point on one side of
//                  P, and is not better by more than `margin` on the other side
//
// Over several points: "all" is reproduced when every point holds and not reproduced as soon as one
// fails; "any" the reverse; "majority" when more than half of the points hold, not when at least
// half fail. Anything else is inconclusive. Points that were not run are left out, and named, as
// long as at least half of the points are there; otherwise the claim is not run.
#pragma once

#include <vector>

#include "core/card.h"
#include "core/metrics.h"
#include "evaluate/verdict.h"

namespace ersatz::evaluate {

// Error::usage when the metrics compared have different units.
Verdict evaluate_claim(const core::Claim& claim, const core::MetricTable& metrics);

std::vector<Verdict> evaluate_claims(const core::Card& card, const core::MetricTable& metrics);

// The paper's own numbers as metrics with one value each, to ask whether they support its claims.
core::MetricTable published_metrics(const core::Card& card);

}  // namespace ersatz::evaluate
