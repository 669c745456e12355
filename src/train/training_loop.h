// The frame around every training: checkpoints, log, progress, stopping and going on.
#pragma once

#include <cstdint>
#include <vector>

#include "core/json.h"
#include "train/checkpoint.h"
#include "train/loss_meter.h"
#include "train/metrics_log.h"
#include "train/training_run.h"

namespace ersatz::train {

// A loss that is logged as the mean over an interval.
struct LoggedLoss {
  const char* key;  // of the log's lines
  LossMeter* meter;
};

// A training between its updates, as run_training() sees it.
class Trainee {
 public:
  Trainee() = default;
  Trainee(const Trainee&) = delete;
  Trainee& operator=(const Trainee&) = delete;
  virtual ~Trainee() = default;

  // Adds a value to each of these at every update; the first one is shown while it runs. At least
  // one, the same ones every time.
  virtual std::vector<LoggedLoss> losses() = 0;

  // Takes up a saved training. Not called for a new one.
  virtual void load(const Checkpoint& saved) = 0;
  // Called once, before the first update of this process: `step` updates are done.
  virtual void begin(std::int64_t /*step*/) {}

  // Update number `step`, from 0. Throws Error::numeric when a loss is not finite.
  virtual void update(std::int64_t step) = 0;

  // Members of the log's line after `step` updates besides "step", the losses and
  // "images_per_second". The meters hold the interval that ends here. The time this takes does not
  // count as training.
  virtual core::Json line(std::int64_t step) = 0;
  // After every update and its line, before the checkpoint, which holds what it changes.
  virtual void after_update(std::int64_t /*step*/, const MetricsLog& /*log*/) {}
  // After that and the checkpoint, if one was due: what may take long and changes nothing. A signal
  // that was waiting has ended the training before. Of several ranks, on rank 0 alone.
  virtual void show(std::int64_t /*step*/) {}

  // Everything that load() needs. Throws Error::numeric when a weight is not finite.
  virtual models::NamedTensors tensors(std::int64_t step) const = 0;
  virtual core::Json state() const { return core::Json::object(); }
};

struct TrainingOutcome {
  std::int64_t steps = 0;  // updates done, by all processes
  bool finished = false;   // false: stopped by TrainingRun::stop_after
  double loss = 0;         // the first of losses(), mean over the last logged interval
  double images_per_second = 0;
};

// Trains up to `steps` updates of `images_per_step` images, from the newest checkpoint on if there
// is one. `configuration`: everything that the result depends on. Throws Error::usage (exit 2) when
// the checkpoint was made with another configuration, core::Interrupted after a signal and a saved
// checkpoint, and what the trainee throws.
//
// With run.ranks, all ranks call it with the same arguments: rank 0 alone reads and writes
// checkpoints and the log, the others get from it what it read, and a signal to one of them stops
// all after the same update. Error::usage when their configurations differ.
TrainingOutcome run_training(Trainee& trainee, const TrainingRun& run, core::Json configuration,
                             std::int64_t steps, std::int64_t images_per_step);

}  // namespace ersatz::train
