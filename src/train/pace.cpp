#include "train/pace.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::train {

Pace::Pace(const TrainingRun& run, std::int64_t first_step, std::int64_t total,
           std::int64_t images_per_step)
    : run_(run),
      first_step_(first_step),
      total_(total),
      images_per_step_(images_per_step),
      recent_step_(first_step),
      begin_(Clock::now()),
      recent_(begin_) {
  if (run.checkpoint_every < 1 || run.log_every < 1) {
    throw core::Error::usage("checkpoint_every and log_every must be at least 1");
  }
  if (run.progress != nullptr) run.progress->start_from(first_step);
}

bool Pace::goes_on(std::int64_t step) const {
  return step < total_ && (run_.stop_after <= 0 || step < run_.stop_after);
}

bool Pace::log_due(std::int64_t step) const { return step % run_.log_every == 0 || step == total_; }

bool Pace::checkpoint_due(std::int64_t step, int signal) const {
  return step % run_.checkpoint_every == 0 || !goes_on(step) || signal != 0;
}

double Pace::images_per_second(std::int64_t step) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  const auto images = static_cast<double>((step - first_step_) * images_per_step_);
  return seconds > 0 ? images / seconds : 0.0;
}

double Pace::recent_images_per_second(std::int64_t step) {
  const Clock::time_point now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - recent_).count();
  const auto images = static_cast<double>((step - recent_step_) * images_per_step_);
  recent_ = now;
  recent_step_ = step;
  return seconds > 0 ? images / seconds : 0.0;
}

void Pace::show(std::int64_t step, double loss) const {
  if (run_.progress != nullptr) run_.progress->set(step, fmt::format("loss {:.3f}", loss));
}

}  // namespace ersatz::train
