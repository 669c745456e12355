// Trains the digit classifier on a set of labelled images with a fixed budget of steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/labelled_images.h"
#include "models/digit_classifier_options.h"
#include "train/learning_rate.h"
#include "train/training_run.h"

namespace ersatz::train {

// The defaults are the paper's, with the budget named by its scripts: 3 million samples.
struct ClassifierTraining {
  models::DigitClassifierOptions network;
  std::int64_t steps = 30000;
  std::int64_t batch_size = 100;
  LearningRateSchedule learning_rate;  // constant 1e-4
  double weight_decay = 0;             // L2, on weights and biases
};

struct ClassifierTrainingResult {
  std::int64_t steps = 0;        // done so far, over all processes that worked on it
  bool finished = false;         // false when TrainingRun::stop_after ended it
  double loss = 0;               // mean cross-entropy over the last logging interval
  double images_per_second = 0;  // of this process; 0 when it had nothing left to do
};

// Minimises the mean cross-entropy of `images` (pixels / 255) by Adam. Batches run through a new
// permutation of the set per epoch, keyed by (seed, epoch); a batch may span epochs, so that sets
// smaller than a batch work. When finished, writes the network to `weights_file` (safetensors).
//
// Continues from run.checkpoint_folder; on the CPU the result is bit-identical to an uninterrupted
// run with the same number of threads. Throws Error::usage for an empty set, labels out of range
// or a checkpoint of another configuration; Error::numeric (exit 20) naming the step when the loss
// is not finite; core::Interrupted at a checkpoint after SIGINT or SIGTERM.
ClassifierTrainingResult train_classifier(const data::LabelledImages& images,
                                          const ClassifierTraining& training,
                                          const TrainingRun& run,
                                          const std::filesystem::path& weights_file);

}  // namespace ersatz::train
