// Speed of a training in this process, and when its periodic work is due.
#pragma once

#include <chrono>
#include <cstdint>

#include "train/training_run.h"

namespace ersatz::train {

class Pace {
 public:
  // `first_step`: updates already done when this process started; `total`: the whole budget.
  Pace(const TrainingRun& run, std::int64_t first_step, std::int64_t total,
       std::int64_t images_per_step);

  // Whether the loop goes on after `step` updates.
  bool goes_on(std::int64_t step) const;
  // Whether the training is complete, as opposed to stopped by TrainingRun::stop_after.
  bool complete(std::int64_t step) const { return step >= total_; }
  bool log_due(std::int64_t step) const;
  // Periodically, at the end, and when a signal (its number, 0: none) asks to stop.
  bool checkpoint_due(std::int64_t step, int signal) const;

  // Over this whole process / since the previous call of this function.
  double images_per_second(std::int64_t step) const;
  double recent_images_per_second(std::int64_t step);

  void show(std::int64_t step, double loss) const;

 private:
  using Clock = std::chrono::steady_clock;

  const TrainingRun& run_;
  std::int64_t first_step_, total_, images_per_step_, recent_step_;
  Clock::time_point begin_, recent_;
};

}  // namespace ersatz::train
