#include "generate/diffusion/schedulers/lms.h"

#include <algorithm>
#include <cmath>

#include "generate/diffusion/schedulers/linear_combination.h"

namespace ersatz::generate {
namespace {

constexpr std::int64_t kOrder = 4;

}  // namespace

LmsScheduler::LmsScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip)
    : VarianceExplodingScheduler(config, make_sigma_trajectory(config, steps), skip) {}

double LmsScheduler::coefficient(std::int64_t order, std::int64_t at, std::int64_t back) const {
  const auto basis = [&](double sigma) {
    double product = 1;
    for (std::int64_t k = 0; k < order; ++k) {
      if (k == back) continue;
      product *= (sigma - sigma_at(at - k)) / (sigma_at(at - back) - sigma_at(at - k));
    }
    return product;
  };
  // Gauss and Legendre's rule with two points is exact for polynomials up to the third degree.
  const double middle = (sigma_at(at) + sigma_at(at + 1)) / 2;
  const double half = (sigma_at(at + 1) - sigma_at(at)) / 2;
  const double offset = half / std::sqrt(3.0);
  return half * (basis(middle - offset) + basis(middle + offset));
}

torch::Tensor LmsScheduler::step(const torch::Tensor& model_output, std::int64_t i,
                                 const torch::Tensor& sample, const NoiseSource&) {
  const std::int64_t at = enter_step(i);
  slopes_.push_front(derivative(model_output, sample, sigma_at(at)));
  if (slopes_.size() > kOrder) slopes_.pop_back();
  // The order follows the position in the whole trajectory. When its start was skipped there are
  // fewer slopes than that at first; like diffusers, we leave the missing ones out.
  const std::int64_t order = std::min(at + 1, kOrder);
  std::vector<Term> terms = {{1, sample}};
  for (std::size_t back = 0; back < slopes_.size(); ++back) {
    terms.push_back({coefficient(order, at, static_cast<std::int64_t>(back)), slopes_[back]});
  }
  return combine(terms).to(sample.scalar_type());
}

}  // namespace ersatz::generate
