// Linear multi-step (Adams-Bashforth) method in sigma: the slopes of the last four calls are
// interpolated by a polynomial, which is integrated to the next level. On uneven levels the
// coefficients are integrals of Lagrange's basis polynomials (Hairer, Norsett & Wanner, "Solving
// Ordinary Differential Equations I", section III.5). The sampler that came with k-diffusion and
// the first release of Stable Diffusion.
#pragma once

#include <deque>

#include "generate/diffusion/schedulers/variance_exploding.h"

namespace ersatz::generate {

class LmsScheduler : public VarianceExplodingScheduler {
 public:
  LmsScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip);
  torch::Tensor step(const torch::Tensor& model_output, std::int64_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  // The factor of the slope of call `at - back` in a step of `order` slopes from call `at` on.
  double coefficient(std::int64_t order, std::int64_t at, std::int64_t back) const;

  std::deque<torch::Tensor> slopes_;  // newest first
};

}  // namespace ersatz::generate
