#include "generate/diffusion/schedulers/linear_combination.h"

#include <torch/types.h>

namespace ersatz::generate {

torch::Tensor combine(const std::vector<Term>& terms) {
  torch::Tensor sum;
  for (const Term& term : terms) {
    if (sum.defined()) {
      if (term.factor != 0) sum.add_(term.tensor, term.factor);
      continue;
    }
    const torch::ScalarType type = term.tensor.scalar_type();
    const bool narrow = type == torch::kFloat16 || type == torch::kBFloat16;
    sum = (narrow ? term.tensor.to(torch::kFloat32) : term.tensor) * term.factor;
  }
  return sum;
}

}  // namespace ersatz::generate
