#include "generate/diffusion/schedulers/scheduler_config.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/suggest.h"
#include "generate/diffusion/schedulers/scheduler_config_fields.h"

namespace ersatz::generate {
namespace {

struct NamedSolver {
  const char* name;
  Solver solver;
  bool karras = false;
  std::int64_t order = 0;           // 0: as the base says
  const char* algorithm = nullptr;  // null: as the base says
};

constexpr NamedSolver kNamedSolvers[] = {
    {"pndm", Solver::kPndm},
    {"ddim", Solver::kDdim},
    {"ddpm", Solver::kDdpm},
    {"lms", Solver::kLms},
    {"lms_karras", Solver::kLms, true},
    {"euler", Solver::kEuler},
    {"euler_karras", Solver::kEuler, true},
    {"euler_a", Solver::kEulerAncestral},
    {"heun", Solver::kHeun},
    {"heun_karras", Solver::kHeun, true},
    {"dpmpp_2m", Solver::kDpmSolverMultistep, false, 2, "dpmsolver++"},
    {"dpmpp_2m_karras", Solver::kDpmSolverMultistep, true, 2, "dpmsolver++"},
    {"dpmpp_2m_sde", Solver::kDpmSolverMultistep, false, 2, "sde-dpmsolver++"},
    {"dpmpp_3m", Solver::kDpmSolverMultistep, false, 3, "dpmsolver++"},
    {"unipc", Solver::kUniPc},
    {"unipc_karras", Solver::kUniPc, true},
};

bool is_one_of(const std::string& value, std::initializer_list<const char*> known) {
  for (const char* name : known) {
    if (value == name) return true;
  }
  return false;
}

void require(bool fine, const std::string& message, const std::string& hint = {}) {
  if (!fine) throw core::Error::usage("scheduler: " + message, hint);
}

}  // namespace

SchedulerConfig with_solver(const SchedulerConfig& base, std::string_view name) {
  const NamedSolver* named = nullptr;
  for (const NamedSolver& candidate : kNamedSolvers) {
    if (candidate.name == name) named = &candidate;
  }
  if (named == nullptr) {
    throw core::unknown_name("scheduler", name, solver_names());
  }
  SchedulerConfig config = base;
  config.solver = named->solver;
  const SchedulerConfig defaults = solver_defaults(named->solver);
  visit_fields(config, defaults, [&](const char* key, auto& to, const auto& from) {
    if (base.defaulted.count(key) > 0) to = from;
  });
  config.karras_sigmas = named->karras;
  config.log_linear_sigmas = false;
  if (named->order > 0) config.order = named->order;
  if (named->algorithm != nullptr) config.algorithm = named->algorithm;
  if (base.defaulted.count("skip_prk_steps") > 0) config.skip_prk_steps = true;
  settle_solver_type(config);
  return config;
}

const std::vector<std::string>& solver_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const NamedSolver& named : kNamedSolvers) all.emplace_back(named.name);
    return all;
  }();
  return names;
}

void check(const SchedulerConfig& config) {
  const Solver solver = config.solver;
  require(config.train_timesteps >= 2 && config.train_timesteps <= 100'000,
          fmt::format("{} training timesteps; 2 .. 100000 are possible", config.train_timesteps));
  require(config.beta_start > 0 && config.beta_start <= config.beta_end && config.beta_end < 1,
          fmt::format("betas must rise within (0, 1), not from {} to {}", config.beta_start,
                      config.beta_end));
  require(config.steps_offset >= 0 && config.steps_offset < config.train_timesteps,
          fmt::format("steps_offset {} lies outside the {} training timesteps", config.steps_offset,
                      config.train_timesteps));
  require(config.clip_sample_range > 0,
          fmt::format("clip_sample_range must be positive, not {}", config.clip_sample_range));
  require(config.order >= 1 && config.order <= 3,
          fmt::format("solver_order {} is not 1, 2 or 3", config.order));
  require(config.eta >= 0 && config.eta <= 1,
          fmt::format("eta must be between 0 and 1, not {}", config.eta));
  require(is_one_of(config.variance, {"fixed_small", "fixed_large"}),
          fmt::format("variance_type '{}' is not fixed_small or fixed_large", config.variance));
  require(
      is_one_of(config.algorithm, {"dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++"}),
      fmt::format("algorithm_type '{}' is not dpmsolver, dpmsolver++, sde-dpmsolver or "
                  "sde-dpmsolver++",
                  config.algorithm));
  if (solver == Solver::kDpmSolverMultistep) {
    require(is_one_of(config.solver_type, {"midpoint", "heun"}),
            fmt::format("solver_type '{}' is not midpoint or heun", config.solver_type));
    require(config.order < 3 || config.algorithm.rfind("sde-", 0) != 0,
            fmt::format("{} exists for orders 1 and 2 only", config.algorithm));
  }
  if (solver == Solver::kUniPc) {
    require(is_one_of(config.solver_type, {"bh1", "bh2"}),
            fmt::format("solver_type '{}' is not bh1 or bh2", config.solver_type));
  }
  require(
      config.prediction != Prediction::kSample ||
          (solver != Solver::kPndm && solver != Solver::kEulerAncestral && solver != Solver::kHeun),
      fmt::format("{} cannot use networks that predict the sample", diffusers_class(solver)),
      "use ddim, dpmpp_2m or unipc");
  if (config.zero_terminal_snr) {
    require(solver == Solver::kDdim || solver == Solver::kDdpm,
            fmt::format("{} cannot start at a signal-to-noise ratio of zero "
                        "(rescale_betas_zero_snr)",
                        diffusers_class(solver)),
            "use ddim");
    require(config.prediction != Prediction::kEpsilon,
            "rescale_betas_zero_snr: at a signal-to-noise ratio of zero the noise says nothing "
            "about the image, so the network must predict velocity or the sample");
  }
}

}  // namespace ersatz::generate
