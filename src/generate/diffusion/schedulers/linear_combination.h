// Sums of tensors with factors: all that a solver's step is once its coefficients are known.
#pragma once

#include <torch/types.h>

#include <vector>

namespace ersatz::generate {

struct Term {
  double factor;
  torch::Tensor tensor;
};

// The sum of factor * tensor over all terms (at least one), computed in float32 when the tensors
// are narrower, otherwise in their own type. Terms with a factor of 0 cost nothing. Never waits
// for the device.
torch::Tensor combine(const std::vector<Term>& terms);

}  // namespace ersatz::generate
