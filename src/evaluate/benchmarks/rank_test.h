// Two samples compared by ranks: no distribution is assumed, one outlier changes little.
//
// H. B. Mann, D. R. Whitney (1947): U counts the pairs in which the right value is the smaller one.
// J. L. Hodges, E. L. Lehmann (1963): the median of all pairwise differences estimates the shift,
// and the shifts that U does not reject are its interval. Of logarithms, shifts are ratios.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "evaluate/statistics.h"

namespace ersatz::evaluate {

// Pairs (a, b), a of `left`, b of `right`, with b < a; half for equal ones.
double mann_whitney_u(const std::vector<double>& left, const std::vector<double>& right);

// P(U <= u) when both samples come from one distribution without ties: exact. For sizes of which
// the product is above 2,500, the normal approximation with continuity correction.
double mann_whitney_below(std::size_t left, std::size_t right, double u);

// Two-sided p-value; ties make it conservative. 1 when a side is empty.
double mann_whitney_p(const std::vector<double>& left, const std::vector<double>& right);

struct RatioEstimate {
  double ratio = 1;  // right / left: 1.1 when right is 10 % larger
  Interval interval;
};

// Of positive values. nullopt when there are too few to reach `level` at all: 4 and 4 reach 95 %,
// 5 and 5 reach 99 %. Error::numeric when a value is not positive and finite.
std::optional<RatioEstimate> ratio_estimate(const std::vector<double>& left,
                                            const std::vector<double>& right, double level);

}  // namespace ersatz::evaluate
