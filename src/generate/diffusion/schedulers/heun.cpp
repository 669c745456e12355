#include "generate/diffusion/schedulers/heun.h"

#include "generate/diffusion/schedulers/linear_combination.h"

namespace ersatz::generate {
namespace {

// s0 | s1 s1 | s2 s2 | ... | 0: every level but the first and the last belongs to the second call
// of one step and the first call of the next.
SigmaTrajectory two_calls_each(const SigmaTrajectory& single) {
  SigmaTrajectory twice;
  for (std::size_t i = 0; i < single.timesteps.size(); ++i) {
    for (int call = i == 0 ? 1 : 0; call < 2; ++call) {
      twice.sigmas.push_back(single.sigmas[i]);
      twice.timesteps.push_back(single.timesteps[i]);
    }
  }
  twice.sigmas.push_back(single.sigmas.back());
  return twice;
}

}  // namespace

HeunScheduler::HeunScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip)
    : VarianceExplodingScheduler(config, two_calls_each(make_sigma_trajectory(config, steps)),
                                 2 * skip) {}

torch::Tensor HeunScheduler::step(const torch::Tensor& model_output, std::int64_t i,
                                  const torch::Tensor& sample, const NoiseSource&) {
  const std::int64_t at = enter_step(i);
  if (at % 2 == 0) {
    const double sigma = sigma_at(at), next = sigma_at(at + 1);
    first_slope_ = derivative(model_output, sample, sigma);
    first_sample_ = sample;
    return combine({{1, sample}, {next - sigma, first_slope_}}).to(sample.scalar_type());
  }
  const double sigma = sigma_at(at - 1), next = sigma_at(at), half = (next - sigma) / 2;
  const torch::Tensor second_slope = derivative(model_output, sample, next);
  return combine({{1, first_sample_}, {half, first_slope_}, {half, second_slope}})
      .to(sample.scalar_type());
}

}  // namespace ersatz::generate
