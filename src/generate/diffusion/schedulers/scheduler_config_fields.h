// The keys of scheduler_config.json and the fields of SchedulerConfig they stand for.
#pragma once

#include <string>
#include <vector>

#include "generate/diffusion/schedulers/scheduler_config.h"

namespace ersatz::generate {

// Calls visit(key, to's field, from's field) for every key.
template <typename To, typename From, typename Visit>
void visit_fields(To& to, From& from, Visit visit) {
  visit("num_train_timesteps", to.train_timesteps, from.train_timesteps);
  visit("beta_start", to.beta_start, from.beta_start);
  visit("beta_end", to.beta_end, from.beta_end);
  visit("beta_schedule", to.betas, from.betas);
  visit("timestep_spacing", to.spacing, from.spacing);
  visit("steps_offset", to.steps_offset, from.steps_offset);
  visit("prediction_type", to.prediction, from.prediction);
  visit("set_alpha_to_one", to.set_alpha_to_one, from.set_alpha_to_one);
  visit("clip_sample", to.clip_sample, from.clip_sample);
  visit("clip_sample_range", to.clip_sample_range, from.clip_sample_range);
  visit("rescale_betas_zero_snr", to.zero_terminal_snr, from.zero_terminal_snr);
  visit("skip_prk_steps", to.skip_prk_steps, from.skip_prk_steps);
  visit("use_karras_sigmas", to.karras_sigmas, from.karras_sigmas);
  visit("variance_type", to.variance, from.variance);
  visit("solver_order", to.order, from.order);
  visit("algorithm_type", to.algorithm, from.algorithm);
  visit("solver_type", to.solver_type, from.solver_type);
  visit("lower_order_final", to.lower_order_final, from.lower_order_final);
}

// What diffusers 0.21.4's class for `solver` assumes where nothing is said.
SchedulerConfig solver_defaults(Solver solver);

// "DDIMScheduler" and so on.
const char* diffusers_class(Solver solver);
const std::vector<Solver>& all_solvers();

// DPM-Solver's "midpoint" and UniPC's "bh2" share a key: a config that goes from one to the other
// gets the new solver's usual variant.
void settle_solver_type(SchedulerConfig& config);

}  // namespace ersatz::generate
