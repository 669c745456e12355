// Which of the training timesteps a sampler visits (Lin et al. 2024, table 2: linspace, leading,
// trailing). All functions return `steps` timesteps, falling.
#pragma once

#include <cstdint>
#include <vector>

#include "generate/diffusion/schedulers/scheduler_config.h"

namespace ersatz::generate {

// Solvers whose last step ends at a noise level of their own (PNDM, DDIM, DDPM).
std::vector<std::int64_t> spaced_timesteps(const SchedulerConfig& config, std::int64_t steps);

// The same, not rounded when they are spread over the whole range (LMS, Euler, Heun).
std::vector<double> fractional_timesteps(const SchedulerConfig& config, std::int64_t steps);

// Solvers that end at timestep 0 (DPM-Solver, UniPC): room is left for it.
std::vector<std::int64_t> timesteps_above_zero(const SchedulerConfig& config, std::int64_t steps);

// Without repetitions; the order stays.
std::vector<std::int64_t> without_repetitions(const std::vector<std::int64_t>& timesteps);

}  // namespace ersatz::generate
