#include "generate/diffusion/schedulers/variance_exploding.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "generate/diffusion/schedulers/linear_combination.h"
#include "generate/diffusion/schedulers/noise_schedule.h"
#include "generate/diffusion/schedulers/sigma_grid.h"
#include "generate/diffusion/schedulers/timestep_spacing.h"

namespace ersatz::generate {

SigmaTrajectory make_sigma_trajectory(const SchedulerConfig& config, std::int64_t steps) {
  const NoiseSchedule schedule(config);
  SigmaTrajectory result;
  result.timesteps = fractional_timesteps(config, steps);
  for (const double t : result.timesteps) {
    result.sigmas.push_back(interpolate(schedule.noise_ratios(), t));
  }
  const double smallest = result.sigmas.back(), largest = result.sigmas.front();
  if (config.karras_sigmas) {
    result.sigmas = karras_levels(smallest, largest, steps);
    for (std::size_t i = 0; i < result.timesteps.size(); ++i) {
      result.timesteps[i] = position_of_level(schedule.noise_ratios(), result.sigmas[i]);
    }
  } else if (config.log_linear_sigmas) {
    // As in diffusers: one level too many, so that the last call is made above level 0 and ends
    // there, and timesteps that belong to the levels of linear spacing.
    result.sigmas = log_linear_levels(smallest, largest, steps + 1);
  }
  result.sigmas.push_back(0);
  for (double& sigma : result.sigmas) sigma = static_cast<double>(static_cast<float>(sigma));
  return result;
}

VarianceExplodingScheduler::VarianceExplodingScheduler(const SchedulerConfig& config,
                                                       SigmaTrajectory trajectory,
                                                       std::int64_t skipped)
    : Scheduler(skipped), config_(config), sigmas_(std::move(trajectory.sigmas)) {
  set_timesteps(trajectory.timesteps, config.train_timesteps);
}

double VarianceExplodingScheduler::initial_noise_sigma() const {
  // "Leading" trajectories start below the highest level, where an image still shows: it has the
  // variance of image and noise together.
  const double largest = sigmas_.front();
  return config_.spacing == TimestepSpacing::kLeading ? std::sqrt(largest * largest + 1) : largest;
}

torch::Tensor VarianceExplodingScheduler::scale_model_input(const torch::Tensor& sample,
                                                            std::int64_t i) const {
  const double scale = unscaled_level(sigma_at(position(i))).scale;
  return combine({{1 / scale, sample}}).to(sample.scalar_type());
}

torch::Tensor VarianceExplodingScheduler::add_noise(const torch::Tensor& clean,
                                                    const torch::Tensor& noise,
                                                    std::int64_t i) const {
  return combine({{1, clean}, {sigma_at(position(i)), noise}}).to(clean.scalar_type());
}

torch::Tensor VarianceExplodingScheduler::derivative(const torch::Tensor& output,
                                                     const torch::Tensor& sample,
                                                     double sigma) const {
  const NoiseLevel level = unscaled_level(sigma);
  // Of these solvers only Heun's clips in diffusers; the others pass over the setting.
  if (!config_.clip_sample || config_.solver != Solver::kHeun) {
    return estimate_noise(config_.prediction, output, sample, level);
  }
  const torch::Tensor clean = estimate_clean(config_.prediction, output, sample, level)
                                  .clamp(-config_.clip_sample_range, config_.clip_sample_range);
  return combine({{1 / sigma, sample}, {-1 / sigma, clean}});
}

}  // namespace ersatz::generate
