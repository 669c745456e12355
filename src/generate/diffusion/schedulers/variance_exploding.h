// Solvers that leave the clean image as it is: sample = clean + sigma * noise, where sigma falls
// from about 14.6 to 0 (Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based
// Generative Models"). The network sees sample / sqrt(sigma^2 + 1), the scale it was trained on.
// In this form the ODE is d sample / d sigma = noise (there equation 1 with s(t) = 1).
#pragma once

#include <cstdint>
#include <vector>

#include "generate/diffusion/schedulers/prediction.h"
#include "generate/diffusion/schedulers/scheduler.h"

namespace ersatz::generate {

// Noise levels and the timesteps at which training had them.
struct SigmaTrajectory {
  std::vector<double> sigmas;     // falling, then 0: one more than timesteps (or two: log-linear)
  std::vector<double> timesteps;  // falling
};

// `steps` levels with the config's spacing, Karras's or the log-linear one. Rounded to float32.
SigmaTrajectory make_sigma_trajectory(const SchedulerConfig& config, std::int64_t steps);

class VarianceExplodingScheduler : public Scheduler {
 public:
  double initial_noise_sigma() const override;
  torch::Tensor scale_model_input(const torch::Tensor& sample, std::int64_t i) const override;
  torch::Tensor add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                          std::int64_t i) const override;

 protected:
  VarianceExplodingScheduler(const SchedulerConfig& config, SigmaTrajectory trajectory,
                             std::int64_t skipped);

  // Of the whole trajectory, indexed by position(); one more than there are calls.
  double sigma_at(std::int64_t position) const {
    return sigmas_.at(static_cast<std::size_t>(position));
  }
  // d sample / d sigma at noise level `sigma`.
  torch::Tensor derivative(const torch::Tensor& output, const torch::Tensor& sample,
                           double sigma) const;

 private:
  SchedulerConfig config_;
  std::vector<double> sigmas_;
};

}  // namespace ersatz::generate
