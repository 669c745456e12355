// UniPC: a predictor of order p followed, once the network has answered at the new point, by a
// corrector of order p + 1 that uses this answer and costs no extra call (Zhao et al. 2023,
// "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models",
// equations 5 and 9, algorithms 1-4), in the form that predicts the clean image. B(h) is h ("bh1")
// or exp(h) - 1 ("bh2").
#pragma once

#include <deque>

#include "generate/diffusion/schedulers/variance_preserving.h"

namespace ersatz::generate {

class UniPcScheduler : public VariancePreservingScheduler {
 public:
  UniPcScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip);
  torch::Tensor step(const torch::Tensor& model_output, std::int64_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  struct Estimate {
    std::int64_t timestep;
    torch::Tensor clean;
  };

  // From `sample` at the newest of `known_` (newest first) to timestep `next`, with `order`
  // estimates; `at_next` (may be undefined) is the estimate there and makes it the corrector.
  torch::Tensor advance(const torch::Tensor& sample, std::int64_t next, std::int64_t order,
                        const torch::Tensor& at_next) const;

  std::deque<Estimate> known_;  // at most `order`
  torch::Tensor last_sample_;   // that entered the last step, corrected
  std::int64_t last_order_ = 0;
};

}  // namespace ersatz::generate
