#include "generate/diffusion/schedulers/noise_training.h"

#include <torch/types.h>

#include "generate/diffusion/schedulers/noise_schedule.h"

namespace ersatz::generate {

TrainingNoise::TrainingNoise(const SchedulerConfig& config, torch::Device device)
    : prediction_(config.prediction) {
  check(config);
  const torch::Tensor alpha_bar = cumulative_alphas(config);
  alpha_ = alpha_bar.sqrt().to(device);
  sigma_ = (1 - alpha_bar).sqrt().to(device);
}

torch::Tensor TrainingNoise::add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                                       const torch::Tensor& timesteps) const {
  return mix(clean, noise, 1, timesteps);
}

torch::Tensor TrainingNoise::velocity(const torch::Tensor& clean, const torch::Tensor& noise,
                                      const torch::Tensor& timesteps) const {
  return mix(noise, clean, -1, timesteps);
}

torch::Tensor TrainingNoise::target(const torch::Tensor& clean, const torch::Tensor& noise,
                                    const torch::Tensor& timesteps) const {
  switch (prediction_) {
    case Prediction::kEpsilon:
      return noise;
    case Prediction::kVelocity:
      return velocity(clean, noise, timesteps);
    case Prediction::kSample:
      break;
  }
  return clean;
}

torch::Tensor TrainingNoise::signal_to_noise(const torch::Tensor& timesteps) const {
  return (alpha_.index_select(0, timesteps) / sigma_.index_select(0, timesteps)).square();
}

torch::Tensor TrainingNoise::mix(const torch::Tensor& with_alpha, const torch::Tensor& with_sigma,
                                 double sign, const torch::Tensor& timesteps) const {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(with_alpha.dim()), 1);
  shape.at(0) = timesteps.numel();
  const torch::Tensor alpha = alpha_.index_select(0, timesteps).reshape(shape);
  const torch::Tensor sigma = sigma_.index_select(0, timesteps).reshape(shape);
  return (alpha * with_alpha + sign * sigma * with_sigma).to(with_alpha.scalar_type());
}

}  // namespace ersatz::generate
