// Which solver, on which noise schedule: the fields of diffusers' scheduler_config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace ersatz::generate {

enum class Solver {
  kPndm,
  kDdim,
  kDdpm,
  kLms,
  kEuler,
  kEulerAncestral,
  kHeun,
  kDpmSolverMultistep,
  kUniPc,
};
enum class BetaSchedule { kLinear, kScaledLinear, kSquaredCosine };
enum class TimestepSpacing { kLeading, kLinspace, kTrailing };
enum class Prediction { kEpsilon, kVelocity, kSample };

// Without a file: Stable Diffusion 1.x's noise schedule and its own solver.
struct SchedulerConfig {
  Solver solver = Solver::kPndm;
  std::int64_t train_timesteps = 1000;
  double beta_start = 0.00085, beta_end = 0.012;
  BetaSchedule betas = BetaSchedule::kScaledLinear;
  TimestepSpacing spacing = TimestepSpacing::kLeading;
  std::int64_t steps_offset = 1;  // added to "leading" timesteps
  Prediction prediction = Prediction::kEpsilon;
  bool set_alpha_to_one = false;  // PNDM, DDIM: what follows the last step; else timestep 0
  bool clip_sample = false;       // DDIM, DDPM, Heun: estimates of the clean image
  double clip_sample_range = 1.0;
  bool zero_terminal_snr = false;         // "rescale_betas_zero_snr"; DDIM, DDPM
  bool skip_prk_steps = true;             // PNDM
  bool karras_sigmas = false;             // Karras et al. 2022, equation 5
  bool log_linear_sigmas = false;         // Euler: "interpolation_type" "log_linear"
  std::string variance = "fixed_small";   // DDPM: fixed_small, fixed_large
  double eta = 0;                         // DDIM: 0 deterministic .. 1 as DDPM
  std::int64_t order = 2;                 // DPM-Solver, UniPC: 1 .. 3
  std::string algorithm = "dpmsolver++";  // DPM-Solver; also dpmsolver and their sde- forms
  std::string solver_type = "midpoint";   // DPM-Solver: midpoint, heun; UniPC: bh1, bh2
  bool lower_order_final = true;          // DPM-Solver, UniPC
  // Keys that the file left out, so that they took its solver's default. with_solver replaces
  // them by the other solver's default and keeps all the rest. Empty for a hand-made config.
  std::set<std::string> defaulted;
};

// From scheduler_config.json. Absent keys take the defaults of that solver in diffusers 0.21.4;
// unknown solvers and values, and settings that would change the mathematics but are not
// implemented, are refused (Error::untrusted), with a "did you mean". `file` is for messages.
SchedulerConfig parse_scheduler_config(const core::Json& config, const std::filesystem::path& file);

// `base` (noise schedule, prediction, spacing) solved by the method a user names: "pndm", "ddim",
// "ddpm", "lms", "lms_karras", "euler", "euler_karras", "euler_a", "heun", "heun_karras",
// "dpmpp_2m", "dpmpp_2m_karras", "dpmpp_2m_sde", "dpmpp_3m", "unipc", "unipc_karras". As diffusers'
// from_config: what the base says stays, what it left out takes the new solver's default. Only
// what the name itself says comes first: Karras sigmas, order and algorithm; and "pndm" starts
// with Runge-Kutta steps only when the base asks for them. Error::unknown for other names.
SchedulerConfig with_solver(const SchedulerConfig& base, std::string_view name);
const std::vector<std::string>& solver_names();

// Throws Error::usage for values out of range and for combinations that no solver supports, such
// as PNDM with networks that predict the sample. make_scheduler calls this.
void check(const SchedulerConfig& config);

}  // namespace ersatz::generate
