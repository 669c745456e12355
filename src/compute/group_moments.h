// Mean and variance of groups of channels, in double precision from blocks in single precision.
#pragma once

#include <cstdint>

namespace ersatz::compute {

// Of a set of numbers: how many, their mean, and the sum of squared differences from it.
struct Moments {
  double count = 0, mean = 0, squares = 0;

  // Joins two sets (Chan, Golub & LeVeque 1983).
  void join(const Moments& other);
  double variance() const { return squares / count; }  // of the population, as normalisation uses
};

// Moments of each group of neighbouring channels of x [rows, channels], rows <= kMomentRows.
// `scratch`: 2 * channels floats.
void group_moments(const float* x, std::int64_t rows, std::int64_t channels, std::int64_t groups,
                   Moments* moments, float* scratch);

}  // namespace ersatz::compute
