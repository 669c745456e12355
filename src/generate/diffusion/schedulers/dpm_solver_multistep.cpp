#include "generate/diffusion/schedulers/dpm_solver_multistep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "generate/diffusion/schedulers/sigma_grid.h"
#include "generate/diffusion/schedulers/timestep_spacing.h"

namespace ersatz::generate {
namespace {

// With x = lambda(next) - lambda(now) and derivatives D1, D2 of the estimate D0 by time measured
// in units of that step, the exact solution is
//   next sample = linear * sample + D0 * f0 + D1 * f1 + D2 * f2 (+ noise * deviation).
struct StepFactors {
  double linear = 0, f0 = 0, f1 = 0, f2 = 0, deviation = 0;
};

struct Step {
  NoiseLevel now, next;
  double h;  // lambda(next) - lambda(now) > 0
  bool second_order_midpoint;
};

// The integral of the exponential weight against 1, and "heun"'s and order 3's against time and
// half its square; "midpoint" takes half of the first for the second.
StepFactors clean_factors(const Step& s) {
  const double e = std::expm1(-s.h);
  return {s.next.sigma / s.now.sigma, -s.next.alpha * e,
          s.next.alpha * (s.second_order_midpoint ? -e / 2 : e / s.h + 1),
          -s.next.alpha * ((e + s.h) / (s.h * s.h) - 0.5), 0};
}

StepFactors noise_factors(const Step& s) {
  const double e = std::expm1(s.h);
  return {s.next.alpha / s.now.alpha, -s.next.sigma * e,
          -s.next.sigma * (s.second_order_midpoint ? e / 2 : e / s.h - 1),
          -s.next.sigma * ((e - s.h) / (s.h * s.h) - 0.5), 0};
}

StepFactors stochastic_clean_factors(const Step& s) {
  const double e = -std::expm1(-2 * s.h);
  return {s.next.sigma / s.now.sigma * std::exp(-s.h), s.next.alpha * e,
          s.next.alpha * (s.second_order_midpoint ? e / 2 : 1 - e / (2 * s.h)), 0,
          s.next.sigma * std::sqrt(e)};
}

StepFactors stochastic_noise_factors(const Step& s) {
  const double e = std::expm1(s.h);
  return {s.next.alpha / s.now.alpha, -2 * s.next.sigma * e,
          -s.next.sigma * (s.second_order_midpoint ? e : 2 * (e / s.h - 1)), 0,
          s.next.sigma * std::sqrt(std::expm1(2 * s.h))};
}

}  // namespace

std::vector<std::int64_t> solver_timesteps(const SchedulerConfig& config, std::int64_t steps) {
  if (!config.karras_sigmas) {
    if (config.spacing == TimestepSpacing::kLeading && steps >= config.train_timesteps) {
      throw core::Error::usage(
          fmt::format("{} steps with leading spacing would all be at the same timestep", steps),
          "take fewer steps, or a timestep spacing of linspace or trailing");
    }
    return without_repetitions(timesteps_above_zero(config, steps));
  }
  const std::vector<double> levels = NoiseSchedule(config).noise_ratios();
  std::vector<std::int64_t> timesteps;
  for (const double level : karras_levels(levels.front(), levels.back(), steps)) {
    timesteps.push_back(
        static_cast<std::int64_t>(std::nearbyint(position_of_level(levels, level))));
  }
  return without_repetitions(timesteps);
}

DpmSolverMultistepScheduler::DpmSolverMultistepScheduler(const SchedulerConfig& config,
                                                         std::int64_t steps, std::int64_t skip)
    : VariancePreservingScheduler(config, solver_timesteps(config, steps), skip),
      expands_clean_(config.algorithm == "dpmsolver++" || config.algorithm == "sde-dpmsolver++"),
      stochastic_(config.algorithm.rfind("sde-", 0) == 0) {}

// Orders grow as estimates come in; trajectories of fewer than 15 steps also end with low ones,
// which the method's reference implementation found stabler.
std::int64_t DpmSolverMultistepScheduler::order_at(std::int64_t position) const {
  const std::int64_t count = static_cast<std::int64_t>(all_timesteps().size());
  std::int64_t order = std::min(config().order, static_cast<std::int64_t>(estimates_.size()));
  if (config().lower_order_final && count < 15) order = std::min(order, count - position);
  return order;
}

torch::Tensor DpmSolverMultistepScheduler::estimate(const torch::Tensor& output, std::int64_t t,
                                                    const torch::Tensor& sample) const {
  return expands_clean_ ? estimate_clean(config().prediction, output, sample, level(t))
                        : estimate_noise(config().prediction, output, sample, level(t));
}

torch::Tensor DpmSolverMultistepScheduler::step(const torch::Tensor& model_output, std::int64_t i,
                                                const torch::Tensor& sample,
                                                const NoiseSource& noise) {
  const std::int64_t at = enter_step(i), last = static_cast<std::int64_t>(all_timesteps().size());
  const std::int64_t t = timestep_at(at), next = at + 1 < last ? timestep_at(at + 1) : 0;
  estimates_.push_front(estimate(model_output, t, sample));
  if (static_cast<std::int64_t>(estimates_.size()) > config().order) estimates_.pop_back();
  const torch::Tensor draw = stochastic_ ? noise(sample) : torch::Tensor();
  if (next == t) return sample;  // Karras's levels end at timestep 0 itself: nothing is left to do

  const std::int64_t order = order_at(at);
  const double h = schedule().lambda(next) - schedule().lambda(t);
  const Step whole = {level(t), level(next), h, order == 2 && config().solver_type == "midpoint"};
  const StepFactors f =
      stochastic_
          ? (expands_clean_ ? stochastic_clean_factors(whole) : stochastic_noise_factors(whole))
          : (expands_clean_ ? clean_factors(whole) : noise_factors(whole));
  // Weights of the estimates m0, m1, m2, newest first, from divided differences.
  std::vector<double> weights = {f.f0};
  if (order >= 2) {
    const double r0 = (schedule().lambda(t) - schedule().lambda(timestep_at(at - 1))) / h;
    if (order == 2) {
      weights = {f.f0 + f.f1 / r0, -f.f1 / r0};
    } else {
      const double r1 =
          (schedule().lambda(timestep_at(at - 1)) - schedule().lambda(timestep_at(at - 2))) / h;
      // d0 = (m0 - m1) / r0, d1 = (m1 - m2) / r1:
      //   D1 = d0 + (d0 - d1) * r0 / (r0 + r1),  D2 = (d0 - d1) / (r0 + r1)
      const double of_d0 = f.f1 * (1 + r0 / (r0 + r1)) + f.f2 / (r0 + r1);
      const double of_d1 = -(f.f1 * r0 + f.f2) / (r0 + r1);
      weights = {f.f0 + of_d0 / r0, -of_d0 / r0 + of_d1 / r1, -of_d1 / r1};
    }
  }
  std::vector<Term> terms = {{f.linear, sample}};
  for (std::size_t k = 0; k < weights.size(); ++k) terms.push_back({weights[k], estimates_[k]});
  if (stochastic_) terms.push_back({f.deviation, draw});
  return combine(terms).to(sample.scalar_type());
}

}  // namespace ersatz::generate
