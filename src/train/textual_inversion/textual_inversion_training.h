// What a textual inversion learns and how, as opposed to where it runs (train/training_run.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "train/adam.h"
#include "train/learning_rate.h"
#include "train/textual_inversion/prompt_templates.h"

namespace ersatz::train {

// The defaults are those of diffusers' textual_inversion.py. Its example for one thing from a few
// photos takes batch_size 1, accumulation 4, learning_rate 5e-4 scaled to 2e-3, and 3000 steps.
struct TextualInversionTraining {
  std::string token;         // the new word, "<grand-piano>"
  std::string initializer;   // a word of one token: the vectors begin as its row
  std::int64_t vectors = 1;  // that stand for the word together
  std::vector<std::string> templates = object_templates();
  // Pictures also appear as their mirror images, unless a template speaks of left or right.
  bool mirrored = true;

  std::int64_t steps = 5000;
  std::int64_t batch_size = 16;                   // samples on the device at a time
  std::int64_t accumulation = 1;                  // batches of one step
  LearningRateSchedule learning_rate;             // constant, 1e-4
  bool scale_learning_rate = false;               // times the samples of a step
  AdamOptions optimiser{0.9, 0.999, 1e-8, 0.01};  // decoupled decay, of the new rows too

  std::int64_t step_size() const { return batch_size * accumulation; }
  // Of step `step` (0 is the first).
  double rate(std::int64_t step) const;
};

// Error::usage naming the setting that cannot be trained with. Token and initializer are another
// matter (placeholder.h).
void check(const TextualInversionTraining& training);

// All that the vectors depend on after a number of steps. With a constant rate that is not how many
// steps there are in all: such a training may be made longer.
core::Json training_json(const TextualInversionTraining& training);

}  // namespace ersatz::train
