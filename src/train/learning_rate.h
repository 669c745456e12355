// Learning-rate schedules as pure functions of the step (0 is the first update).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ersatz::train {

// base, after a linear warm-up from base / warmup_steps over `warmup_steps`.
double constant(double base, std::int64_t step, std::int64_t warmup_steps = 0);

// base * rate^floor(step / every)
double exponential_staircase(double base, double rate, std::int64_t every, std::int64_t step);

// From base at step 0 in a straight line to 0 at step `total` (never reached by an update).
double linear_to_zero(double base, std::int64_t step, std::int64_t total);

// Linear warm-up from base / warmup_steps over `warmup_steps`, then half a cosine to 0 at `total`.
double cosine(double base, std::int64_t step, std::int64_t total, std::int64_t warmup_steps = 0);

// One cycle (Smith & Topin 2018) with cosine annealing in two phases, equal to PyTorch's OneCycleLR
// with its defaults: from peak / 25 to peak over the first 30 %, then to peak / 250,000.
double one_cycle(double peak, std::int64_t step, std::int64_t total, double warmup_fraction = 0.3,
                 double start_divisor = 25.0, double final_divisor = 1e4);

enum class ScheduleKind { kConstant, kExponential, kLinear, kCosine, kOneCycle };

// "constant", "exponential", "linear", "cosine", "one-cycle"; Error::unknown otherwise.
ScheduleKind parse_schedule_kind(std::string_view text);
std::string_view schedule_name(ScheduleKind kind);

struct LearningRateSchedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  double base = 1e-4;                // the peak, for warm-up schedules
  double decay_rate = 0.95;          // kExponential
  std::int64_t decay_every = 10000;  // kExponential, steps
  std::int64_t warmup_steps = 0;     // kConstant, kCosine

  double at(std::int64_t step, std::int64_t total) const;
};

}  // namespace ersatz::train
