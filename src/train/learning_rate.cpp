#include "train/learning_rate.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/suggest.h"

namespace ersatz::train {

namespace {

constexpr double kPi = 3.14159265358979323846;

constexpr std::array<std::pair<ScheduleKind, std::string_view>, 5> kNames = {
    {{ScheduleKind::kConstant, "constant"},
     {ScheduleKind::kExponential, "exponential"},
     {ScheduleKind::kLinear, "linear"},
     {ScheduleKind::kCosine, "cosine"},
     {ScheduleKind::kOneCycle, "one-cycle"}}};

// From `from` to `to` along half a cosine, fraction in [0, 1].
double anneal(double from, double to, double fraction) {
  return to + (from - to) / 2.0 * (1.0 + std::cos(kPi * fraction));
}

// Values of a quantity at the turning points of a cycle.
struct Corners {
  double start, peak, after_peak, end;
};

// Phases end at fractions of a step, as in PyTorch: the first at warmup_fraction * total - 1.
double along_cycle(const OneCycle& cycle, std::int64_t step, std::int64_t total,
                   const Corners& corners) {
  const auto between = [&](double from, double to, double begin, double end) {
    const double now = static_cast<double>(step);
    const double fraction = end > begin ? (now - begin) / (end - begin) : 0.0;
    return cycle.cosine ? anneal(from, to, fraction) : from + (to - from) * fraction;
  };
  const auto now = static_cast<double>(step), last = static_cast<double>(total) - 1.0;
  const double warm = cycle.warmup_fraction * static_cast<double>(total);
  const double turn = warm - 1.0;
  if (now <= turn) return between(corners.start, corners.peak, 0.0, turn);
  if (!cycle.three_phases) return between(corners.peak, corners.end, turn, last);
  const double back = 2.0 * warm - 2.0;
  if (now <= back) return between(corners.peak, corners.after_peak, turn, back);
  return between(corners.after_peak, corners.end, back, last);
}

}  // namespace

double exponential_staircase(double base, double rate, std::int64_t every, std::int64_t step) {
  if (every < 1) {
    throw core::Error::usage(fmt::format("a rate that falls every {} steps: 1 or more", every));
  }
  return base * std::pow(rate, static_cast<double>(step / every));
}

double linear_to_zero(double base, std::int64_t step, std::int64_t total) {
  return base * (1.0 - static_cast<double>(step) / static_cast<double>(total));
}

double cosine(double base, std::int64_t step, std::int64_t total, std::int64_t warmup_steps) {
  if (step < warmup_steps) {
    return base * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  }
  const double fraction =
      static_cast<double>(step - warmup_steps) / static_cast<double>(total - warmup_steps);
  return anneal(base, 0.0, fraction);
}

double OneCycle::rate(std::int64_t step, std::int64_t total) const {
  const double start = peak / start_divisor;
  return along_cycle(*this, step, total, {start, peak, start, start / final_divisor});
}

double OneCycle::momentum(std::int64_t step, std::int64_t total) const {
  return along_cycle(*this, step, total, {max_momentum, base_momentum, max_momentum, max_momentum});
}

double constant(double base, std::int64_t step, std::int64_t warmup_steps) {
  return step < warmup_steps
             ? base * static_cast<double>(step + 1) / static_cast<double>(warmup_steps)
             : base;
}

double one_cycle(double peak, std::int64_t step, std::int64_t total, double warmup_fraction,
                 double start_divisor, double final_divisor) {
  OneCycle cycle;
  cycle.peak = peak;
  cycle.warmup_fraction = warmup_fraction;
  cycle.start_divisor = start_divisor;
  cycle.final_divisor = final_divisor;
  return cycle.rate(step, total);
}

ScheduleKind parse_schedule_kind(std::string_view text) {
  std::vector<std::string> known;
  for (const auto& [kind, name] : kNames) {
    if (name == text) return kind;
    known.emplace_back(name);
  }
  throw core::unknown_name("learning-rate schedule", text, known);
}

std::string_view schedule_name(ScheduleKind kind) {
  for (const auto& [value, name] : kNames) {
    if (value == kind) return name;
  }
  throw core::Error::internal("a schedule without a name");
}

double LearningRateSchedule::at(std::int64_t step, std::int64_t total) const {
  switch (kind) {
    case ScheduleKind::kConstant:
      return constant(base, step, warmup_steps);
    case ScheduleKind::kExponential:
      return exponential_staircase(base, decay_rate, decay_every, step);
    case ScheduleKind::kLinear:
      return linear_to_zero(base, step, total);
    case ScheduleKind::kCosine:
      return cosine(base, step, total, warmup_steps);
    case ScheduleKind::kOneCycle:
      return one_cycle(base, step, total);
  }
  throw core::Error::internal("a schedule without a rule");
}

double LearningRateSchedule::beta1(std::int64_t step, std::int64_t total, double constant) const {
  return kind == ScheduleKind::kOneCycle ? OneCycle{}.momentum(step, total) : constant;
}

}  // namespace ersatz::train
