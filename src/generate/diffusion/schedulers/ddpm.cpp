#include "generate/diffusion/schedulers/ddpm.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "generate/diffusion/schedulers/linear_combination.h"
#include "generate/diffusion/schedulers/timestep_spacing.h"

namespace ersatz::generate {

DdpmScheduler::DdpmScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip)
    : VariancePreservingScheduler(config, spaced_timesteps(config, steps), skip),
      stride_(config.train_timesteps / steps) {}

torch::Tensor DdpmScheduler::step(const torch::Tensor& model_output, std::int64_t i,
                                  const torch::Tensor& sample, const NoiseSource& noise) {
  const std::int64_t t = timestep_at(enter_step(i)), next = t - stride_;
  const double alpha_bar = schedule().alpha_bar(t);
  const double next_alpha_bar = next >= 0 ? schedule().alpha_bar(next) : 1;
  // Of the one big step from `next` to `t`.
  const double alpha = alpha_bar / next_alpha_bar, beta = 1 - alpha;

  torch::Tensor clean = estimate_clean(config().prediction, model_output, sample, level(t));
  if (config().clip_sample) {
    clean = clean.clamp(-config().clip_sample_range, config().clip_sample_range);
  }
  std::vector<Term> terms = {{std::sqrt(next_alpha_bar) * beta / (1 - alpha_bar), clean},
                             {std::sqrt(alpha) * (1 - next_alpha_bar) / (1 - alpha_bar), sample}};
  if (t > 0) {
    const double posterior = std::max((1 - next_alpha_bar) / (1 - alpha_bar) * beta, 1e-20);
    const double variance = config().variance == "fixed_large" ? beta : posterior;
    terms.push_back({std::sqrt(variance), noise(sample)});
  }
  return combine(terms).to(sample.scalar_type());
}

}  // namespace ersatz::generate
