#include "train/learning_rate.h"

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

}  // namespace

double exponential_staircase(double base, double rate, std::int64_t every, std::int64_t step) {
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

double constant(double base, std::int64_t step, std::int64_t warmup_steps) {
  return step < warmup_steps
             ? base * static_cast<double>(step + 1) / static_cast<double>(warmup_steps)
             : base;
}

double one_cycle(double peak, std::int64_t step, std::int64_t total, double warmup_fraction,
                 double start_divisor, double final_divisor) {
  const double start = peak / start_divisor, end = start / final_divisor;
  const double turn = warmup_fraction * static_cast<double>(total) - 1.0;
  const double last = static_cast<double>(total) - 1.0;
  const auto now = static_cast<double>(step);
  if (now <= turn) return anneal(start, peak, now / turn);
  return last > turn ? anneal(peak, end, (now - turn) / (last - turn)) : peak;
}

ScheduleKind parse_schedule_kind(std::string_view text) {
  std::vector<std::string> known;
  for (const auto& [kind, name] : kNames) {
    if (name == text) return kind;
    known.emplace_back(name);
  }
  throw core::Error::unknown("learning-rate schedule", text, core::nearest_name(text, known));
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

}  // namespace ersatz::train
