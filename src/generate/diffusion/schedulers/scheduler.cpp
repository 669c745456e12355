#include "generate/diffusion/schedulers/scheduler.h"

#include <fmt/format.h>

#include "core/error.h"
#include "generate/diffusion/schedulers/ddim.h"
#include "generate/diffusion/schedulers/ddpm.h"
#include "generate/diffusion/schedulers/dpm_solver_multistep.h"
#include "generate/diffusion/schedulers/euler.h"
#include "generate/diffusion/schedulers/euler_ancestral.h"
#include "generate/diffusion/schedulers/heun.h"
#include "generate/diffusion/schedulers/lms.h"
#include "generate/diffusion/schedulers/pndm.h"
#include "generate/diffusion/schedulers/unipc.h"

namespace ersatz::generate {

using core::Error;

torch::Tensor Scheduler::scale_model_input(const torch::Tensor& sample, std::int64_t) const {
  return sample;
}

void Scheduler::set_timesteps(const std::vector<double>& all, std::int64_t train_timesteps) {
  for (const double t : all) {
    if (t < 0 || t > static_cast<double>(train_timesteps - 1)) {
      throw Error::usage(
          fmt::format("{} steps lead to timestep {}, but training knows only 0 .. {}", all.size(),
                      t, train_timesteps - 1),
          "take fewer steps, or a timestep spacing of linspace or trailing");
    }
  }
  if (skipped_ >= static_cast<std::int64_t>(all.size())) {
    throw Error::usage(fmt::format("a trajectory of {} calls has none left when {} are skipped",
                                   all.size(), skipped_),
                       "skip fewer steps (a higher strength)");
  }
  timesteps_.assign(all.begin() + skipped_, all.end());
}

std::int64_t Scheduler::enter_step(std::int64_t i) {
  if (i != next_ || i >= size()) {
    throw Error::internal(
        fmt::format("scheduler step {} of {} was called when step {} was due", i, size(), next_));
  }
  ++next_;
  return position(i);
}

std::unique_ptr<Scheduler> make_scheduler(const SchedulerConfig& config, std::int64_t steps,
                                          std::int64_t skip) {
  check(config);
  if (steps < 1 || steps > config.train_timesteps) {
    throw Error::usage(
        fmt::format("the number of steps must be 1 .. {}, not {}", config.train_timesteps, steps));
  }
  if (skip < 0 || skip >= steps) {
    throw Error::usage(
        fmt::format("of {} steps 0 .. {} can be skipped, not {}", steps, steps - 1, skip));
  }
  switch (config.solver) {
    case Solver::kPndm:
      return std::make_unique<PndmScheduler>(config, steps, skip);
    case Solver::kDdim:
      return std::make_unique<DdimScheduler>(config, steps, skip);
    case Solver::kDdpm:
      return std::make_unique<DdpmScheduler>(config, steps, skip);
    case Solver::kLms:
      return std::make_unique<LmsScheduler>(config, steps, skip);
    case Solver::kEuler:
      return std::make_unique<EulerScheduler>(config, steps, skip);
    case Solver::kEulerAncestral:
      return std::make_unique<EulerAncestralScheduler>(config, steps, skip);
    case Solver::kHeun:
      return std::make_unique<HeunScheduler>(config, steps, skip);
    case Solver::kDpmSolverMultistep:
      return std::make_unique<DpmSolverMultistepScheduler>(config, steps, skip);
    case Solver::kUniPc:
      return std::make_unique<UniPcScheduler>(config, steps, skip);
  }
  throw Error::internal("a solver that nobody makes");
}

}  // namespace ersatz::generate
