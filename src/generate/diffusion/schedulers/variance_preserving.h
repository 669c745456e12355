// Solvers on the scale the networks were trained on: sample = alpha_t * clean + sigma_t * noise
// with alpha_t^2 + sigma_t^2 = 1, at whole training timesteps (Song et al. 2021, "Score-Based
// Generative Modeling through Stochastic Differential Equations", section 3.4).
#pragma once

#include <cstdint>
#include <vector>

#include "generate/diffusion/schedulers/noise_schedule.h"
#include "generate/diffusion/schedulers/prediction.h"
#include "generate/diffusion/schedulers/scheduler.h"

namespace ersatz::generate {

class VariancePreservingScheduler : public Scheduler {
 public:
  torch::Tensor add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                          std::int64_t i) const override;

 protected:
  // `all`: the timesteps of all calls, also of those that are skipped.
  VariancePreservingScheduler(const SchedulerConfig& config, std::vector<std::int64_t> all,
                              std::int64_t skipped);

  const SchedulerConfig& config() const { return config_; }
  const NoiseSchedule& schedule() const { return schedule_; }
  // Of the whole trajectory, indexed by position().
  const std::vector<std::int64_t>& all_timesteps() const { return all_; }
  std::int64_t timestep_at(std::int64_t position) const {
    return all_.at(static_cast<std::size_t>(position));
  }
  NoiseLevel level(std::int64_t timestep) const {
    return {schedule_.alpha(timestep), schedule_.sigma(timestep), 1};
  }

 private:
  SchedulerConfig config_;
  NoiseSchedule schedule_;
  std::vector<std::int64_t> all_;
};

}  // namespace ersatz::generate
