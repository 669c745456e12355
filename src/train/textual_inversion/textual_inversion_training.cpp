#include "train/textual_inversion/textual_inversion_training.h"

#include <cmath>

#include "core/error.h"
#include "train/shared_settings.h"

namespace ersatz::train {

double TextualInversionTraining::rate(std::int64_t step) const {
  const double rate = learning_rate.at(step, steps);
  return scale_learning_rate ? rate * static_cast<double>(step_size()) : rate;
}

void check(const TextualInversionTraining& training) {
  using core::Error;
  check_templates(training.templates, "textual inversion");
  if (training.steps < 1 || training.batch_size < 1 || training.accumulation < 1) {
    throw Error::usage("a textual inversion needs steps, a batch size and rounds of at least 1");
  }
  if (!(training.learning_rate.base > 0)) {
    throw Error::usage("the learning rate must be above 0");
  }
  if (!(training.optimiser.weight_decay >= 0) || !std::isfinite(training.optimiser.weight_decay)) {
    throw Error::usage("the weight decay must be a number of at least 0");
  }
  if (training.optimiser.clip != ClipMode::kNone) {
    throw Error::usage("gradients of a textual inversion are not clipped");
  }
}

core::Json training_json(const TextualInversionTraining& training) {
  core::Json json = {{"token", training.token},
                     {"initializer", training.initializer},
                     {"vectors", training.vectors},
                     {"templates", training.templates},
                     {"mirrored", training.mirrored},
                     {"batch_size", training.batch_size},
                     {"accumulation", training.accumulation}};
  append_settings(training.learning_rate, json);
  json["scale_learning_rate"] = training.scale_learning_rate;
  append_settings(training.optimiser, json);
  if (training.learning_rate.kind != ScheduleKind::kConstant) json["steps"] = training.steps;
  return json;
}

}  // namespace ersatz::train
