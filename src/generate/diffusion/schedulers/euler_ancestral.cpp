#include "generate/diffusion/schedulers/euler_ancestral.h"

#include <cmath>

#include "generate/diffusion/schedulers/linear_combination.h"

namespace ersatz::generate {
namespace {

// Diffusers' ancestral sampler knows no Karras or log-linear levels.
SchedulerConfig plain(SchedulerConfig config) {
  config.karras_sigmas = config.log_linear_sigmas = false;
  return config;
}

}  // namespace

EulerAncestralScheduler::EulerAncestralScheduler(const SchedulerConfig& config, std::int64_t steps,
                                                 std::int64_t skip)
    : VarianceExplodingScheduler(plain(config), make_sigma_trajectory(plain(config), steps), skip) {
}

torch::Tensor EulerAncestralScheduler::step(const torch::Tensor& model_output, std::int64_t i,
                                            const torch::Tensor& sample, const NoiseSource& noise) {
  const std::int64_t at = enter_step(i);
  const double sigma = sigma_at(at), next = sigma_at(at + 1);
  const double up = next / sigma * std::sqrt(sigma * sigma - next * next);
  const double down = std::sqrt(next * next - up * up);
  return combine({{1, sample},
                  {down - sigma, derivative(model_output, sample, sigma)},
                  {up, noise(sample)}})
      .to(sample.scalar_type());
}

}  // namespace ersatz::generate
