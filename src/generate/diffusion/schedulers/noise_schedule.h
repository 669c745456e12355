// How much noise an image has at every timestep of training.
//
//   x_t = alpha_t * x_0 + sigma_t * noise,   alpha_t^2 = alpha_bar_t = product of (1 - beta_s), s
//   <= t
//
// (Ho et al. 2020, "Denoising Diffusion Probabilistic Models", equation 4.) Tables are made in
// float32 with libtorch, as the networks' training did: a table in float64 would be another
// schedule, by more than the tolerance with which samplers are compared.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "generate/diffusion/schedulers/scheduler_config.h"

namespace ersatz::generate {

// alpha_bar for every training timestep: float32 [train_timesteps] on the CPU.
torch::Tensor cumulative_alphas(const SchedulerConfig& config);

class NoiseSchedule {
 public:
  explicit NoiseSchedule(const SchedulerConfig& config);

  std::int64_t size() const { return static_cast<std::int64_t>(alpha_bar_.size()); }
  // All for 0 <= t < size(), else std::out_of_range.
  double alpha_bar(std::int64_t t) const { return alpha_bar_.at(static_cast<std::size_t>(t)); }
  double alpha(std::int64_t t) const { return alpha_.at(static_cast<std::size_t>(t)); }
  double sigma(std::int64_t t) const { return sigma_.at(static_cast<std::size_t>(t)); }
  // log(alpha_t / sigma_t): half the log signal-to-noise ratio.
  double lambda(std::int64_t t) const { return lambda_.at(static_cast<std::size_t>(t)); }
  // sigma_t / alpha_t of every timestep, rising: the noise on an image that is not scaled down.
  const std::vector<double>& noise_ratios() const { return noise_ratios_; }

 private:
  std::vector<double> alpha_bar_, alpha_, sigma_, lambda_, noise_ratios_;
};

}  // namespace ersatz::generate
