#include "train/training_loop.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <utility>

#include "compute/ranks/rank_group.h"
#include "core/error.h"
#include "core/signals.h"
#include "train/pace.h"
#include "train/shared_checkpoint.h"

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

// The signal that ends the training, 0 for none: the same on all ranks.
int agreed_signal(const TrainingRun& run) {
  const int own = core::pending_signal();
  return run.ranks == nullptr ? own : static_cast<int>(run.ranks->largest(own));
}

}  // namespace

bool writes_files(const TrainingRun& run) { return run.ranks == nullptr || run.ranks->first(); }

std::int64_t parts_of(const TrainingRun& run) {
  const std::int64_t ranks = run.ranks == nullptr ? 1 : run.ranks->size();
  if (run.parts != 0 && run.parts < ranks) {
    throw core::Error::usage(
        fmt::format("a batch in {} parts cannot be shared by {} ranks", run.parts, ranks),
        "each rank needs at least one part");
  }
  return run.parts == 0 ? ranks : run.parts;
}

TrainingOutcome run_training(Trainee& trainee, const TrainingRun& asked, core::Json configuration,
                             std::int64_t steps, std::int64_t images_per_step) {
  configuration["checkpoint_format"] = kFormat;
  TrainingRun run = asked;
  std::optional<CheckpointFolder> checkpoints;
  std::optional<Checkpoint> saved;
  if (writes_files(run)) {
    saved = checkpoints.emplace(run.checkpoint_folder, configuration).load();
  } else {
    run.metrics_file.clear();
    run.progress = nullptr;
  }
  if (run.ranks != nullptr) saved = share_checkpoint(*run.ranks, std::move(saved), configuration);
  TrainingOutcome outcome;
  if (saved) restore(trainee, *saved, outcome);
  saved.reset();
  trainee.begin(outcome.steps);

  const MetricsLog log(run.metrics_file, outcome.steps);
  Pace pace(run, outcome.steps, steps, images_per_step);
  while (pace.goes_on(outcome.steps)) {
    trainee.update(outcome.steps++);
    if (pace.log_due(outcome.steps)) log_interval(trainee, outcome, pace, log);
    trainee.after_update(outcome.steps, log);
    pace.show(outcome.steps, outcome.loss);
    const int signal = agreed_signal(run);
    if (pace.checkpoint_due(outcome.steps, signal)) {
      if (checkpoints) save(trainee, outcome, *checkpoints);
      // Who leaves first is waited for only so long: nobody does before rank 0 has saved.
      if (signal != 0 && run.ranks != nullptr) run.ranks->largest(0);
      if (signal != 0) throw core::Interrupted(signal);
    }
    if (writes_files(run)) trainee.show(outcome.steps);
  }
  outcome.finished = pace.complete(outcome.steps);
  outcome.images_per_second = pace.images_per_second(outcome.steps);
  return outcome;
}

}  // namespace ersatz::train
