// The Frechet distance between two sets of feature vectors, each taken for a normal distribution
// (Dowson and Landau 1982):
//
//   |m1 - m2|^2 + tr(S1) + tr(S2) - 2 tr((S1 S2)^(1/2))
//
// With the features of an Inception network it is the FID (Heusel et al. 2017). With those of
// another network, as here, its numbers can be compared with each other and with nothing else.
#pragma once

#include <cstdint>
#include <vector>

namespace ersatz::evaluate {

struct Gaussian {
  std::int64_t width = 0;          // F
  std::vector<double> mean;        // [F]
  std::vector<double> covariance;  // [F, F], symmetric
};

// Mean and covariance (N - 1) of features [N, width], N >= 2. Error::internal when sizes do not
// agree, Error::numeric (exit 20) for features that are not finite.
Gaussian fit_gaussian(const std::vector<float>& features, std::int64_t width);

// Never below 0 but for rounding. The trace is that of the symmetric S1^(1/2) S2 S1^(1/2), whose
// eigenvalues below 0 count as 0. Error::internal when widths differ.
double frechet_distance(const Gaussian& a, const Gaussian& b);

}  // namespace ersatz::evaluate
