// DPM-Solver: the diffusion ODE solved exactly in its linear part, with a Taylor expansion of the
// network's estimate in lambda = log(alpha / sigma); derivatives come from earlier calls.
//
// "dpmsolver" expands the noise (Lu et al. 2022, "DPM-Solver", equation 3.7), "dpmsolver++" the
// clean image (Lu et al. 2022, "DPM-Solver++", equation 9; 2M is its algorithm 2); the "sde-" forms
// solve the stochastic equation (there section 5). Orders 1, 2 and 3, the third for ODEs only;
// order 2 comes in two variants, "midpoint" and "heun".
#pragma once

#include <deque>

#include "generate/diffusion/schedulers/linear_combination.h"
#include "generate/diffusion/schedulers/variance_preserving.h"

namespace ersatz::generate {

// Whole timesteps for solvers that end at timestep 0: the config's spacing, or the timesteps
// nearest to Karras's levels, without repetitions. Also UniPC's.
std::vector<std::int64_t> solver_timesteps(const SchedulerConfig& config, std::int64_t steps);

class DpmSolverMultistepScheduler : public VariancePreservingScheduler {
 public:
  DpmSolverMultistepScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip);
  // The stochastic forms draw once for every step.
  torch::Tensor step(const torch::Tensor& model_output, std::int64_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  std::int64_t order_at(std::int64_t position) const;
  torch::Tensor estimate(const torch::Tensor& output, std::int64_t t,
                         const torch::Tensor& sample) const;

  bool expands_clean_, stochastic_;
  std::deque<torch::Tensor> estimates_;  // newest first, at most `order`
};

}  // namespace ersatz::generate
