#include "generate/diffusion/schedulers/euler.h"

#include "generate/diffusion/schedulers/linear_combination.h"

namespace ersatz::generate {

EulerScheduler::EulerScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip)
    : VarianceExplodingScheduler(config, make_sigma_trajectory(config, steps), skip) {}

torch::Tensor EulerScheduler::step(const torch::Tensor& model_output, std::int64_t i,
                                   const torch::Tensor& sample, const NoiseSource&) {
  const std::int64_t at = enter_step(i);
  const double sigma = sigma_at(at), next = sigma_at(at + 1);
  return combine({{1, sample}, {next - sigma, derivative(model_output, sample, sigma)}})
      .to(sample.scalar_type());
}

}  // namespace ersatz::generate
