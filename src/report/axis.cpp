#include "report/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ersatz::report {
namespace {

// All that a double can be of. Rounding takes the ends of an axis to 0 and infinity.
constexpr double kFirstDecade = -330, kLastDecade = 310;

// `digit` x 10^decade, with 0.2 as 2 / 10 and not 2 x 0.1: ticks must print as written.
double decimal(int digit, int decade) {
  return decade >= 0 ? digit * std::pow(10.0, decade) : digit / std::pow(10.0, -decade);
}

std::vector<double> ticks_inside(const Axis& axis, const std::vector<int>& digits) {
  std::vector<double> ticks;
  const auto decade_of = [](double power) {
    return static_cast<int>(std::clamp(power, kFirstDecade, kLastDecade));
  };
  const int last = decade_of(std::ceil(std::log10(axis.high)));
  for (int decade = decade_of(std::floor(std::log10(axis.low))); decade <= last; ++decade) {
    for (const int digit : digits) {
      const double tick = decimal(digit, decade);
      if (tick > 0 && tick >= axis.low && tick <= axis.high) ticks.push_back(tick);
    }
  }
  return ticks;
}

Axis log_axis(const std::vector<double>& values, std::size_t most_labels) {
  double low = INFINITY, high = 0;
  for (const double value : values) {
    if (!(value > 0)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (high == 0) return {0.1, 1, {}, {}};
  using Limits = std::numeric_limits<double>;
  const double ratio = std::min(high / low, Limits::max());
  const double margin = std::max(1.08, std::pow(ratio, 0.04));
  Axis axis{
      std::max(low / margin, Limits::denorm_min()), std::min(high * margin, Limits::max()), {}, {}};
  axis.ticks = ticks_inside(axis, {1, 2, 5});
  if (axis.ticks.size() > most_labels) axis.ticks = ticks_inside(axis, {1});
  for (const double tick : ticks_inside(axis, {1, 2, 3, 4, 5, 6, 7, 8, 9})) {
    if (std::find(axis.ticks.begin(), axis.ticks.end(), tick) == axis.ticks.end()) {
      axis.minor_ticks.push_back(tick);
    }
  }
  return axis;
}

}  // namespace

Axis choose_axis(const std::vector<double>& values, bool logarithmic, std::size_t most_labels) {
  if (logarithmic) return log_axis(values, most_labels);
  if (values.empty()) return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double margin = *high > *low ? 0.04 * (*high - *low) : std::max(1.0, std::abs(*low)) / 2;
  return {*low >= 0 ? 0 : *low - margin, *high + margin, {}, {}};
}

std::string tick_label(double value) {
  std::string text = fmt::format("{:.10g}", value);
  if (value < 1000 || text.find_first_not_of("0123456789") != std::string::npos) return text;
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

}  // namespace ersatz::report
