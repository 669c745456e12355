// Trains an image classifier on prepared photos: the fruit article's recipe (dataset-gen,
// vanilla_train.py), with its parts as parameters.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/photos/augmentation.h"
#include "data/photos/photo_set.h"
#include "models/image_classifier.h"
#include "train/learning_rate.h"
#include "train/training_run.h"

namespace ersatz::train {

// The defaults are the article's.
struct PhotoTraining {
  models::ClassifierArchitecture network;  // its classes are those of the photos
  // Weights to begin with (models/pretrained.h); empty: random ones.
  std::filesystem::path pretrained;
  std::string scaling = "imagenet-rgb";  // that the weights expect (data/photos/pixel_scaling.h)
  data::Augmentation augmentation;
  std::int64_t epochs = 5;
  std::int64_t batch_size = 32;
  // One cycle over all epochs, a step per batch, Adam's beta1 with it.
  LearningRateSchedule learning_rate = {ScheduleKind::kOneCycle};
  double weight_decay = 0;  // L2
};

// The recipe by name, for provenance.
core::Json describe(const PhotoTraining& training);

// After an epoch.
struct EpochMetrics {
  std::int64_t epoch = 0;  // 1 is the first
  // Means over the epoch's training batches, while the network changed and photos were augmented.
  double train_loss = 0, train_accuracy = 0;
  double validation_loss = 0, validation_accuracy = 0;
};
core::Json to_json(const EpochMetrics& metrics);

struct PhotoTrainingResult {
  std::int64_t steps = 0;                  // done so far, over all processes that worked on it
  bool finished = false;                   // false when TrainingRun::stop_after ended it
  std::vector<EpochMetrics> epochs;        // all finished ones
  double images_per_second = 0;            // of this process, evaluation included
  std::vector<std::string> replaced_head;  // parameters not taken from `pretrained`
};

// Minimises the mean cross-entropy by Adam. Every epoch visits each photo once, in an order keyed
// by (seed, epoch), augmented by draws keyed by (seed, epoch, photo); batches are made on a thread
// of their own while the network computes. After each epoch the validation photos are classified,
// and a line is added to run.metrics_file. There is no selection among epochs: when finished, the
// last network is written to `weights_file` (models/classifier_file.h), as the article's code does.
//
// Continues from run.checkpoint_folder; on the CPU the result is bit-identical to an uninterrupted
// run with the same number of threads. Throws Error::usage for an empty set, sets with different
// classes, a batch that is too small for batch normalisation, or a checkpoint of another
// configuration; Error::numeric (exit 20) naming the step when the loss is not finite;
// core::Interrupted at a checkpoint after SIGINT or SIGTERM; and what load_pretrained throws.
PhotoTrainingResult train_photo_classifier(const data::PhotoSet& train,
                                           const data::PhotoSet& validation,
                                           const PhotoTraining& training, const TrainingRun& run,
                                           const std::filesystem::path& weights_file);

// The training whose last epoch is best on the validation photos: the article tries 5 and 10
// epochs. By accuracy, then macro F1, then the smaller loss, then the earlier in the list.
std::size_t best_by_validation(const std::vector<PhotoTrainingResult>& results);

}  // namespace ersatz::train
