// The noising of training: arbitrary timesteps, one for each image of a batch.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "generate/diffusion/schedulers/scheduler_config.h"

namespace ersatz::generate {

class TrainingNoise {
 public:
  // Keeps its tables on `device`.
  TrainingNoise(const SchedulerConfig& config, torch::Device device);

  // Timesteps are 0 .. timesteps() - 1.
  std::int64_t timesteps() const { return alpha_.numel(); }

  // clean, noise: [B, ...]; timesteps: int64 [B] on the same device. Results have the type of
  // `clean`; coefficients are float32.
  // alpha_t * clean + sigma_t * noise (Ho et al. 2020, equation 4).
  torch::Tensor add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                          const torch::Tensor& timesteps) const;
  // alpha_t * noise - sigma_t * clean (Salimans & Ho 2022, appendix D).
  torch::Tensor velocity(const torch::Tensor& clean, const torch::Tensor& noise,
                         const torch::Tensor& timesteps) const;
  // What the network should answer: the noise, the velocity or the clean image.
  torch::Tensor target(const torch::Tensor& clean, const torch::Tensor& noise,
                       const torch::Tensor& timesteps) const;
  // alpha_t^2 / sigma_t^2: float32 [B].
  torch::Tensor signal_to_noise(const torch::Tensor& timesteps) const;

  Prediction prediction() const { return prediction_; }

 private:
  torch::Tensor mix(const torch::Tensor& with_alpha, const torch::Tensor& with_sigma, double sign,
                    const torch::Tensor& timesteps) const;

  Prediction prediction_;
  torch::Tensor alpha_, sigma_;
};

}  // namespace ersatz::generate
