#include "generate/diffusion/hidden_weights.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace ersatz::generate {

namespace {

// [1, L, 1] on the device of `hidden`.
torch::Tensor per_token(const std::vector<double>& weights, const torch::Tensor& hidden) {
  return torch::tensor(weights, torch::kFloat32).view({1, -1, 1}).to(hidden.device());
}

}  // namespace

torch::Tensor weight_keeping_mean(const torch::Tensor& hidden, const std::vector<double>& weights) {
  const torch::Tensor plain = hidden.to(torch::kFloat32);
  const torch::Tensor weighted = plain * per_token(weights, hidden);
  const torch::Tensor factor = plain.mean({1, 2}, true) / weighted.mean({1, 2}, true);
  return (weighted * factor).to(hidden.scalar_type());
}

torch::Tensor weight_from_empty(const torch::Tensor& hidden, const torch::Tensor& empty,
                                const std::vector<double>& weights) {
  const torch::Tensor plain = hidden.to(torch::kFloat32), origin = empty.to(torch::kFloat32);
  const torch::Tensor factor = per_token(weights, hidden);
  const torch::Tensor weighted = origin + (plain - origin) * factor;
  return torch::where(factor == 1, plain, weighted).to(hidden.scalar_type());
}

double share_without(double weight) {
  constexpr double kSmallest = 1e-5;  // compel's
  const double half_pi = std::acos(0.0);
  return std::tan((1.0 - std::max(weight, kSmallest)) * half_pi);
}

}  // namespace ersatz::generate
