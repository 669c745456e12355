#include "train/diffusion/diffusion_loss.h"

#include <torch/types.h>

namespace ersatz::train {

torch::Tensor loss_weights(const generate::TrainingNoise& noise, const torch::Tensor& timesteps,
                           double min_snr_gamma) {
  const torch::Tensor ratio = noise.signal_to_noise(timesteps);
  if (!(min_snr_gamma > 0)) return torch::ones_like(ratio);
  const torch::Tensor clamped = ratio.clamp_max(min_snr_gamma);
  switch (noise.prediction()) {
    case generate::Prediction::kEpsilon:
      return clamped / ratio;
    case generate::Prediction::kVelocity:
      return clamped / (ratio + 1);
    case generate::Prediction::kSample:
      break;
  }
  return clamped;
}

torch::Tensor weighted_errors(const torch::Tensor& answer, const torch::Tensor& target,
                              const torch::Tensor& weights) {
  const c10::ScalarType type = c10::promoteTypes(answer.scalar_type(), torch::kFloat32);
  const torch::Tensor squares = (answer.to(type) - target.to(type)).square();
  return squares.flatten(1).mean(1) * weights;
}

torch::Tensor weighted_error(const torch::Tensor& answer, const torch::Tensor& target,
                             const torch::Tensor& weights) {
  return weighted_errors(answer, target, weights).sum();
}

}  // namespace ersatz::train
