// What a network's output says about a noisy image.
#pragma once

#include <torch/types.h>

#include "generate/diffusion/schedulers/scheduler_config.h"

namespace ersatz::generate {

// sample = scale * (alpha * clean + sigma * noise), with alpha^2 + sigma^2 = 1. Networks are
// trained at scale 1; solvers that leave the clean image as it is work at scale 1 / alpha.
struct NoiseLevel {
  double alpha = 1, sigma = 0, scale = 1;
};

// The level at which sample = clean + ratio * noise.
NoiseLevel unscaled_level(double ratio);

// The clean image and the noise in `sample`, from the network's output: the noise itself
// (epsilon), alpha * noise - sigma * clean (velocity; Salimans & Ho 2022, "Progressive Distillation
// for Fast Sampling of Diffusion Models", appendix D) or the clean image (sample).
torch::Tensor estimate_clean(Prediction prediction, const torch::Tensor& output,
                             const torch::Tensor& sample, const NoiseLevel& level);
torch::Tensor estimate_noise(Prediction prediction, const torch::Tensor& output,
                             const torch::Tensor& sample, const NoiseLevel& level);

}  // namespace ersatz::generate
