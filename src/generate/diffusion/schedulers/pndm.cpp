#include "generate/diffusion/schedulers/pndm.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "generate/diffusion/schedulers/linear_combination.h"
#include "generate/diffusion/schedulers/timestep_spacing.h"

namespace ersatz::generate {
namespace {

constexpr std::int64_t kRungeKuttaCalls = 12;  // three steps of four

std::vector<std::int64_t> call_timesteps(const SchedulerConfig& config, std::int64_t steps,
                                         std::int64_t skip) {
  std::vector<std::int64_t> timesteps = spaced_timesteps(config, steps);
  if (config.skip_prk_steps) {
    if (steps > 1) timesteps.insert(timesteps.begin() + 1, timesteps[1]);
    return timesteps;
  }
  if (steps < 4 || skip > 0) {
    throw core::Error::usage(
        "PNDM that starts with Runge-Kutta steps needs 4 steps or more and "
        "cannot start in the middle",
        "set skip_prk_steps, or use another scheduler");
  }
  // A step from t to u calls at t, twice in the middle, and at u.
  const std::int64_t half = config.train_timesteps / steps / 2;
  std::vector<std::int64_t> calls;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int64_t middle = timesteps[i + 1] + half;
    calls.insert(calls.end(), {timesteps[i], middle, middle, timesteps[i + 1]});
  }
  calls.insert(calls.end(), timesteps.begin() + 3, timesteps.end());
  return calls;
}

}  // namespace

PndmScheduler::PndmScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip)
    : VariancePreservingScheduler(config, call_timesteps(config, steps, skip), skip),
      stride_(config.train_timesteps / steps),
      runge_kutta_calls_(config.skip_prk_steps ? 0 : kRungeKuttaCalls) {}

torch::Tensor PndmScheduler::step(const torch::Tensor& model_output, std::int64_t i,
                                  const torch::Tensor& sample, const NoiseSource&) {
  enter_step(i);
  // Calls are counted from where the trajectory was entered: the double first step is taken there.
  const torch::Tensor next = i < runge_kutta_calls_ ? runge_kutta_step(model_output, i, sample)
                                                    : multistep_step(model_output, i, sample);
  return next.to(sample.scalar_type());
}

torch::Tensor PndmScheduler::runge_kutta_step(const torch::Tensor& output, std::int64_t call,
                                              const torch::Tensor& sample) {
  const std::int64_t stage = call % 4, half = stride_ / 2;
  const std::int64_t from = timestep_at(call - stage);
  const torch::Tensor slope = combine({{1, output}});
  if (stage == 0) {
    start_ = sample;
    outputs_.push_front(slope);
    slope_sum_ = combine({{1.0 / 6, slope}});
    return transfer(start_, from, timestep_at(call) - half, slope);
  }
  const double weight = stage == 3 ? 1.0 / 6 : 1.0 / 3;
  slope_sum_ = combine({{1, slope_sum_}, {weight, slope}});
  // The middle is left for the middle, and from there for the end of the step.
  if (stage == 1) return transfer(start_, from, timestep_at(call), slope);
  if (stage == 2) return transfer(start_, from, timestep_at(call) - half, slope);
  return transfer(start_, from, timestep_at(call), slope_sum_);
}

torch::Tensor PndmScheduler::multistep_step(const torch::Tensor& output, std::int64_t call,
                                            const torch::Tensor& sample) {
  const std::int64_t t = timestep_at(position(call));
  const torch::Tensor slope = combine({{1, output}});
  if (call == 1) {  // the first step again, with the slope at its end
    const torch::Tensor mean = combine({{0.5, slope}, {0.5, outputs_.front()}});
    return transfer(start_, t + stride_, t, mean);
  }
  if (call == 0) start_ = sample;
  outputs_.push_front(slope);
  if (outputs_.size() > 4) outputs_.pop_back();
  // Adams and Bashforth's formulas for even steps.
  static const std::vector<double> kWeights[] = {{1.0},
                                                 {3.0 / 2, -1.0 / 2},
                                                 {23.0 / 12, -16.0 / 12, 5.0 / 12},
                                                 {55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24}};
  std::vector<Term> terms;
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    terms.push_back({kWeights[outputs_.size() - 1][k], outputs_[k]});
  }
  return transfer(sample, t, t - stride_, combine(terms));
}

torch::Tensor PndmScheduler::transfer(const torch::Tensor& sample, std::int64_t t,
                                      std::int64_t next, const torch::Tensor& output) const {
  const double end = config().set_alpha_to_one ? 1 : schedule().alpha_bar(0);
  const double a = schedule().alpha_bar(t);
  const double b = next >= 0 ? schedule().alpha_bar(next) : end;
  const torch::Tensor noise = estimate_noise(config().prediction, output, sample, level(t));
  const double denominator = a * std::sqrt(1 - b) + std::sqrt(a * (1 - a) * b);
  return combine({{std::sqrt(b / a), sample}, {-(b - a) / denominator, noise}});
}

}  // namespace ersatz::generate
