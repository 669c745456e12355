#include "train/training_loop.h"

#include <cmath>
#include <utility>

#include "core/signals.h"
#include "train/pace.h"

namespace ersatz::train {
namespace {

// Of what this file adds to a checkpoint; a change makes older checkpoints unusable.
constexpr int kFormat = 2;

void restore(Trainee& trainee, const Checkpoint& saved, TrainingOutcome& outcome) {
  trainee.load(saved);
  outcome.steps = saved.step;
  outcome.loss = saved.state.at("last_loss").get<double>();
  for (const LoggedLoss& loss : trainee.losses()) {
    loss.meter->load_state(saved.state.at("losses").at(loss.key));
  }
}

void save(Trainee& trainee, const TrainingOutcome& outcome, CheckpointFolder& folder) {
  Checkpoint checkpoint;
  checkpoint.step = outcome.steps;
  checkpoint.state = trainee.state();
  checkpoint.state["last_loss"] = outcome.loss;
  for (const LoggedLoss& loss : trainee.losses()) {
    loss.meter->flush();
    checkpoint.state["losses"][loss.key] = loss.meter->state();
  }
  checkpoint.tensors = trainee.tensors(outcome.steps);
  folder.save(checkpoint);
}

void log_interval(Trainee& trainee, TrainingOutcome& outcome, Pace& pace, const MetricsLog& log) {
  core::Json line = {{"step", outcome.steps}};
  const double speed = pace.recent_images_per_second(outcome.steps);
  const std::vector<LoggedLoss> losses = trainee.losses();
  for (const LoggedLoss& loss : losses) {
    loss.meter->flush();
    line[loss.key] = loss.meter->mean();
  }
  outcome.loss = losses.front().meter->mean();
  line.update(trainee.line(outcome.steps));
  line["images_per_second"] = std::round(10 * speed) / 10;
  log.append(line);
  for (const LoggedLoss& loss : losses) loss.meter->reset();
  pace.recent_images_per_second(outcome.steps);
}

}  // namespace

TrainingOutcome run_training(Trainee& trainee, const TrainingRun& run, core::Json configuration,
                             std::int64_t steps, std::int64_t images_per_step) {
  configuration["checkpoint_format"] = kFormat;
  CheckpointFolder checkpoints(run.checkpoint_folder, configuration);
  TrainingOutcome outcome;
  if (const auto saved = checkpoints.load()) restore(trainee, *saved, outcome);
  trainee.begin(outcome.steps);

  const MetricsLog log(run.metrics_file, outcome.steps);
  Pace pace(run, outcome.steps, steps, images_per_step);
  while (pace.goes_on(outcome.steps)) {
    trainee.update(outcome.steps++);
    if (pace.log_due(outcome.steps)) log_interval(trainee, outcome, pace, log);
    trainee.after_update(outcome.steps, log);
    pace.show(outcome.steps, outcome.loss);
    if (pace.checkpoint_due(outcome.steps)) {
      save(trainee, outcome, checkpoints);
      core::stop_point();
    }
    trainee.show(outcome.steps);
  }
  outcome.finished = pace.complete(outcome.steps);
  outcome.images_per_second = pace.images_per_second(outcome.steps);
  return outcome;
}

}  // namespace ersatz::train
