#include "generate/diffusion/schedulers/scheduler_config_fields.h"

#include "core/error.h"

namespace ersatz::generate {

SchedulerConfig solver_defaults(Solver solver) {
  SchedulerConfig config;
  config.solver = solver;
  const bool heun = solver == Solver::kHeun;
  config.beta_start = heun ? 0.00085 : 0.0001;
  config.beta_end = heun ? 0.012 : 0.02;
  config.betas = BetaSchedule::kLinear;
  const bool first_generation =
      solver == Solver::kPndm || solver == Solver::kDdim || solver == Solver::kDdpm;
  config.spacing = first_generation ? TimestepSpacing::kLeading : TimestepSpacing::kLinspace;
  config.steps_offset = 0;
  config.set_alpha_to_one = solver == Solver::kDdim;
  config.clip_sample = solver == Solver::kDdim || solver == Solver::kDdpm;
  config.skip_prk_steps = false;
  config.solver_type = solver == Solver::kUniPc ? "bh2" : "midpoint";
  return config;
}

const char* diffusers_class(Solver solver) {
  switch (solver) {
    case Solver::kPndm:
      return "PNDMScheduler";
    case Solver::kDdim:
      return "DDIMScheduler";
    case Solver::kDdpm:
      return "DDPMScheduler";
    case Solver::kLms:
      return "LMSDiscreteScheduler";
    case Solver::kEuler:
      return "EulerDiscreteScheduler";
    case Solver::kEulerAncestral:
      return "EulerAncestralDiscreteScheduler";
    case Solver::kHeun:
      return "HeunDiscreteScheduler";
    case Solver::kDpmSolverMultistep:
      return "DPMSolverMultistepScheduler";
    case Solver::kUniPc:
      return "UniPCMultistepScheduler";
  }
  throw core::Error::internal("a solver without a name");
}

const std::vector<Solver>& all_solvers() {
  static const std::vector<Solver> solvers = {
      Solver::kPndm,  Solver::kDdim,           Solver::kDdpm, Solver::kLms,
      Solver::kEuler, Solver::kEulerAncestral, Solver::kHeun, Solver::kDpmSolverMultistep,
      Solver::kUniPc};
  return solvers;
}

void settle_solver_type(SchedulerConfig& config) {
  const std::string type = config.solver_type;
  if (config.solver == Solver::kDpmSolverMultistep &&
      (type == "bh1" || type == "bh2" || type == "logrho")) {
    config.solver_type = "midpoint";
  }
  if (config.solver == Solver::kUniPc &&
      (type == "midpoint" || type == "heun" || type == "logrho")) {
    config.solver_type = "bh2";
  }
}

}  // namespace ersatz::generate
