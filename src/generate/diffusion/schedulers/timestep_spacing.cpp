#include "generate/diffusion/schedulers/timestep_spacing.h"

#include <algorithm>
#include <cmath>

namespace ersatz::generate {
namespace {

// Ties go to the even neighbour, as in numpy.
double rounded(double value) { return std::nearbyint(value); }

std::vector<double> leading(const SchedulerConfig& config, std::int64_t stride, std::int64_t steps,
                            std::int64_t first) {
  std::vector<double> timesteps;
  for (std::int64_t i = first + steps - 1; i >= first; --i) {
    timesteps.push_back(static_cast<double>(i * stride + config.steps_offset));
  }
  return timesteps;
}

std::vector<double> trailing(const SchedulerConfig& config, std::int64_t steps) {
  const double total = static_cast<double>(config.train_timesteps);
  const double stride = total / static_cast<double>(steps);
  std::vector<double> timesteps;
  for (std::int64_t i = 0; i < steps; ++i) {
    timesteps.push_back(rounded(total - static_cast<double>(i) * stride) - 1);
  }
  return timesteps;
}

// Of `count` points spread evenly over [0, last], both ends included: the `steps` largest.
std::vector<double> spread(const SchedulerConfig& config, std::int64_t steps, std::int64_t count) {
  const double last = static_cast<double>(config.train_timesteps - 1);
  const double stride = count > 1 ? last / static_cast<double>(count - 1) : 0;
  std::vector<double> timesteps;
  for (std::int64_t i = count - 1; i >= count - steps; --i) {
    timesteps.push_back(i == count - 1 && count > 1 ? last : static_cast<double>(i) * stride);
  }
  return timesteps;
}

std::vector<std::int64_t> to_integers(const std::vector<double>& timesteps) {
  std::vector<std::int64_t> integers;
  for (const double t : timesteps) integers.push_back(static_cast<std::int64_t>(rounded(t)));
  return integers;
}

}  // namespace

std::vector<double> fractional_timesteps(const SchedulerConfig& config, std::int64_t steps) {
  switch (config.spacing) {
    case TimestepSpacing::kLeading:
      return leading(config, config.train_timesteps / steps, steps, 0);
    case TimestepSpacing::kTrailing:
      return trailing(config, steps);
    case TimestepSpacing::kLinspace:
      break;
  }
  return spread(config, steps, steps);
}

std::vector<std::int64_t> spaced_timesteps(const SchedulerConfig& config, std::int64_t steps) {
  return to_integers(fractional_timesteps(config, steps));
}

std::vector<std::int64_t> timesteps_above_zero(const SchedulerConfig& config, std::int64_t steps) {
  switch (config.spacing) {
    case TimestepSpacing::kLeading:
      return to_integers(leading(config, config.train_timesteps / (steps + 1), steps, 1));
    case TimestepSpacing::kTrailing:
      return to_integers(trailing(config, steps));
    case TimestepSpacing::kLinspace:
      break;
  }
  return to_integers(spread(config, steps, steps + 1));
}

std::vector<std::int64_t> without_repetitions(const std::vector<std::int64_t>& timesteps) {
  std::vector<std::int64_t> unique;
  for (const std::int64_t t : timesteps) {
    if (std::find(unique.begin(), unique.end(), t) == unique.end()) unique.push_back(t);
  }
  return unique;
}

}  // namespace ersatz::generate
