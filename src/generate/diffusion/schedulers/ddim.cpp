#include "generate/diffusion/schedulers/ddim.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "generate/diffusion/schedulers/linear_combination.h"
#include "generate/diffusion/schedulers/timestep_spacing.h"

namespace ersatz::generate {

DdimScheduler::DdimScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip)
    : VariancePreservingScheduler(config, spaced_timesteps(config, steps), skip),
      stride_(config.train_timesteps / steps) {}

torch::Tensor DdimScheduler::step(const torch::Tensor& model_output, std::int64_t i,
                                  const torch::Tensor& sample, const NoiseSource& noise) {
  const std::int64_t t = timestep_at(enter_step(i)), next = t - stride_;
  const double end = config().set_alpha_to_one ? 1 : schedule().alpha_bar(0);
  const double alpha_bar = schedule().alpha_bar(t);
  const double next_alpha_bar = next >= 0 ? schedule().alpha_bar(next) : end;

  const NoiseLevel now = level(t);
  torch::Tensor clean = estimate_clean(config().prediction, model_output, sample, now);
  if (config().clip_sample) {
    clean = clean.clamp(-config().clip_sample_range, config().clip_sample_range);
  }
  const double variance = (1 - next_alpha_bar) / (1 - alpha_bar) * (1 - alpha_bar / next_alpha_bar);
  const double deviation = config().eta * std::sqrt(std::max(variance, 0.0));
  const double direction = std::sqrt(std::max(1 - next_alpha_bar - deviation * deviation, 0.0));
  std::vector<Term> terms = {
      {std::sqrt(next_alpha_bar), clean},
      {direction, estimate_noise(config().prediction, model_output, sample, now)}};
  if (config().eta > 0) terms.push_back({deviation, noise(sample)});
  return combine(terms).to(sample.scalar_type());
}

}  // namespace ersatz::generate
