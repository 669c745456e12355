// The kernel distance between two sets of feature vectors: the squared maximum mean discrepancy
// (Gretton et al. 2012) with the polynomial kernel (x.y / F + 1)^3 over F features, in its unbiased
// estimate, averaged over random subsets.
//
// With the features of an Inception network it is the KID (Binkowski et al. 2018). Unlike the
// Frechet distance it does not depend on how many vectors there are; it is around 0, and may be
// below it, for two sets of the same distribution.
#pragma once

#include <cstdint>
#include <vector>

namespace ersatz::evaluate {

struct KernelDistanceOptions {
  std::int64_t subsets = 100;
  std::int64_t subset_size = 1000;  // at most; smaller sets are taken whole
  std::uint64_t seed = 0;
};

struct KernelDistance {
  double mean = 0;
  double sd = 0;  // over the subsets, n - 1; 0 with one
};

// features [N, width] and [M, width], N and M >= 2. Subsets are drawn without replacement, of equal
// size on both sides; where both sets fit into one there is a single subset. Error::internal when
// sizes do not agree.
KernelDistance kernel_distance(const std::vector<float>& a, const std::vector<float>& b,
                               std::int64_t width, const KernelDistanceOptions& options = {});

// The unbiased estimate over all vectors of both sets, which may differ in number.
double polynomial_mmd(const std::vector<float>& a, const std::vector<float>& b, std::int64_t width);

}  // namespace ersatz::evaluate
