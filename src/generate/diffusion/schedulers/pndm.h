// Pseudo numerical methods for diffusion models (Liu et al. 2022): a linear multi-step or
// Runge-Kutta estimate of the noise, put into DDIM's transfer (equation 11).
//
// Usually (skip_prk_steps) the first step is taken twice, Euler's and then the mean of two slopes,
// and the multi-step formula grows to order 4 (PLMS, equation 12 and appendix A). Otherwise the
// first three steps are Runge-Kutta ones of four calls each (equation 13).
#pragma once

#include <deque>
#include <vector>

#include "generate/diffusion/schedulers/variance_preserving.h"

namespace ersatz::generate {

class PndmScheduler : public VariancePreservingScheduler {
 public:
  // Error::usage for Runge-Kutta starts with fewer than 4 steps or skipped ones.
  PndmScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip);
  torch::Tensor step(const torch::Tensor& model_output, std::int64_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  torch::Tensor runge_kutta_step(const torch::Tensor& output, std::int64_t call,
                                 const torch::Tensor& sample);
  torch::Tensor multistep_step(const torch::Tensor& output, std::int64_t call,
                               const torch::Tensor& sample);
  // From timestep t to `next` (below 0: the end) along the given noise or velocity.
  torch::Tensor transfer(const torch::Tensor& sample, std::int64_t t, std::int64_t next,
                         const torch::Tensor& output) const;

  std::int64_t stride_, runge_kutta_calls_;
  std::deque<torch::Tensor> outputs_;  // newest first, at most 4
  torch::Tensor start_, slope_sum_;    // of the step that takes several calls
};

}  // namespace ersatz::generate
