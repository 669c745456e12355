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

// One cycle (Smith & Topin 2018), equal to PyTorch's OneCycleLR with its defaults: along half
// cosines from peak / 25 to peak over the first 30 %, then to peak / 250,000; while the momentum
// (Adam's beta1) falls from 0.95 to 0.85 and returns.
struct OneCycle {
  double peak = 1e-4;
  double warmup_fraction = 0.3;
  double start_divisor = 25.0;  // peak / start_divisor at step 0
  double final_divisor = 1e4;   // at the end, of the rate at step 0
  bool cosine = true;           // otherwise straight lines
  bool three_phases = false;    // down to the start as fast as up, then on to the end
  double base_momentum = 0.85;  // at the peak
  double max_momentum = 0.95;   // at both ends

  double rate(std::int64_t step, std::int64_t total) const;
  double momentum(std::int64_t step, std::int64_t total) const;
};

// The rate of a cycle with two phases along half cosines.
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
  // Adam's beta1: `constant`, except that one-cycle changes it as PyTorch's OneCycleLR does
  // (cycle_momentum, its default).
  double beta1(std::int64_t step, std::int64_t total, double constant) const;
};

}  // namespace ersatz::train
