// Denoising diffusion probabilistic models (Ho, Jain & Abbeel 2020, algorithm 2): the posterior of
// the previous timestep given sample and estimated clean image (equation 7), with its variance
// ("fixed_small") or that of the forward process ("fixed_large"; section 3.2).
#pragma once

#include "generate/diffusion/schedulers/variance_preserving.h"

namespace ersatz::generate {

class DdpmScheduler : public VariancePreservingScheduler {
 public:
  DdpmScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip);
  // Draws once for every step, except at timestep 0.
  torch::Tensor step(const torch::Tensor& model_output, std::int64_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  std::int64_t stride_;
};

}  // namespace ersatz::generate
