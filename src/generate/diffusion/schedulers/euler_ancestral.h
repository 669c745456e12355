// Euler's method to a level below the next one, and fresh noise back up to it: the ancestral
// sampling of Ho et al. 2020 written in sigma (Song et al. 2021, equation 47 of appendix F), as
// k-diffusion's "Euler a".
#pragma once

#include "generate/diffusion/schedulers/variance_exploding.h"

namespace ersatz::generate {

class EulerAncestralScheduler : public VarianceExplodingScheduler {
 public:
  EulerAncestralScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip);
  // Draws at every step; at the last one the noise counts for nothing.
  torch::Tensor step(const torch::Tensor& model_output, std::int64_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;
};

}  // namespace ersatz::generate
