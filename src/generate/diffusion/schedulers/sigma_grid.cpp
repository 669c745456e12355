#include "generate/diffusion/schedulers/sigma_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace ersatz::generate {

double interpolate(const std::vector<double>& table, double position) {
  const double last = static_cast<double>(table.size() - 1);
  const double inside = std::clamp(position, 0.0, last);
  const std::size_t low = std::min(static_cast<std::size_t>(inside), table.size() - 1);
  if (low + 1 == table.size()) return table.back();
  return table[low] + (inside - static_cast<double>(low)) * (table[low + 1] - table[low]);
}

double position_of_level(const std::vector<double>& levels, double level) {
  const auto above = std::upper_bound(levels.begin(), levels.end(), level);
  const std::size_t rank = static_cast<std::size_t>(above - levels.begin());
  const std::size_t low = std::min(rank > 0 ? rank - 1 : 0, levels.size() - 2);
  const double low_log = std::log(levels[low]), high_log = std::log(levels[low + 1]);
  const double weight = (std::log(level) - low_log) / (high_log - low_log);
  // NaN between two equal levels, either of which will do.
  return static_cast<double>(low) + (weight > 0 ? std::min(weight, 1.0) : 0.0);
}

std::vector<double> karras_levels(double smallest, double largest, std::int64_t count) {
  constexpr double kRho = 7;
  // Betas so large that nothing is left of an image, or so small that nothing is done to it.
  if (!(smallest > 0) || !std::isfinite(largest)) {
    throw core::Error::usage(
        fmt::format("scheduler: between noise levels of {} and {} there is no Karras spacing",
                    smallest, largest),
        "check beta_start, beta_end and num_train_timesteps, or take a scheduler without _karras");
  }
  const double from = std::pow(largest, 1 / kRho), to = std::pow(smallest, 1 / kRho);
  std::vector<double> levels;
  for (std::int64_t i = 0; i < count; ++i) {
    const double ramp = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    levels.push_back(std::pow(from + ramp * (to - from), kRho));
  }
  return levels;
}

std::vector<double> log_linear_levels(double smallest, double largest, std::int64_t count) {
  const double from = std::log(largest), to = std::log(smallest);
  std::vector<double> levels;
  for (std::int64_t i = 0; i < count; ++i) {
    const double ramp = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    levels.push_back(std::exp(from + ramp * (to - from)));
  }
  return levels;
}

}  // namespace ersatz::generate
