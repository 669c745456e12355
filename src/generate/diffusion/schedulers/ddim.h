// Denoising diffusion implicit models (Song, Meng & Ermon 2021, equation 12): from the estimates
// of clean image and noise straight to the previous timestep. `eta` mixes in fresh noise
// (equation 16): 0 is deterministic, 1 has the variance of DDPM.
#pragma once

#include "generate/diffusion/schedulers/variance_preserving.h"

namespace ersatz::generate {

class DdimScheduler : public VariancePreservingScheduler {
 public:
  DdimScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip);
  // Draws once for every step when eta > 0.
  torch::Tensor step(const torch::Tensor& model_output, std::int64_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  std::int64_t stride_;
};

}  // namespace ersatz::generate
