// Euler's method in sigma (Karras et al. 2022, algorithm 2 without churn).
#pragma once

#include "generate/diffusion/schedulers/variance_exploding.h"

namespace ersatz::generate {

class EulerScheduler : public VarianceExplodingScheduler {
 public:
  EulerScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip);
  torch::Tensor step(const torch::Tensor& model_output, std::int64_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;
};

}  // namespace ersatz::generate
