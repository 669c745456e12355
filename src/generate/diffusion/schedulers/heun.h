// Heun's second-order method in sigma: an Euler step, then the same step again with the mean of
// the slopes at both ends (Karras et al. 2022, algorithm 1). Two calls for every step but the
// last, which ends at noise level 0, where there is no slope.
#pragma once

#include "generate/diffusion/schedulers/variance_exploding.h"

namespace ersatz::generate {

class HeunScheduler : public VarianceExplodingScheduler {
 public:
  HeunScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip);
  torch::Tensor step(const torch::Tensor& model_output, std::int64_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  torch::Tensor first_slope_, first_sample_;  // between the two calls of a step
};

}  // namespace ersatz::generate
