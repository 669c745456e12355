// Trains the conditional GAN as the clothing article does: every step updates the discriminator on
// half a batch of real pictures, then on half a batch of generated ones, and then the generator on
// a whole batch through the discriminator, whose weights stay.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/labelled_images.h"
#include "models/conditional_gan_options.h"
#include "train/training_run.h"

namespace ersatz::train {

// The defaults are the article's and its tutorial's (batch 64: 32 real and 32 generated pictures;
// Keras's Adam). The article trains on 47 batches of 64 an epoch, which is floor(3068 / 64); it
// does not say for how many epochs.
struct ConditionalGanTraining {
  models::ConditionalGanOptions network;
  std::int64_t steps = 4700;     // 100 epochs
  std::int64_t batch_size = 64;  // even
  double learning_rate = 2e-4;
  double beta1 = 0.5;
  double beta2 = 0.999;
  double epsilon = 1e-7;
};

// Whole batches in `images` pictures: the article's epoch.
std::int64_t batches_per_epoch(std::int64_t images, std::int64_t batch_size);

// The generator as it is after `step` steps, written on the way.
struct GeneratorSnapshot {
  std::int64_t step = 0;
  std::filesystem::path file;
};

struct ConditionalGanFiles {
  std::filesystem::path generator;
  std::filesystem::path discriminator;  // empty: not written
  std::vector<GeneratorSnapshot> snapshots;
};

struct ConditionalGanResult {
  std::int64_t steps = 0;
  bool finished = false;
  // Means over the last logging interval. Losses are binary cross-entropies; accuracies are shares
  // of the pictures that the discriminator takes for what they are, in [0, 1], while it trains.
  double discriminator_loss_real = 0, discriminator_loss_fake = 0, generator_loss = 0;
  double discriminator_accuracy_real = 0, discriminator_accuracy_fake = 0;
  double images_per_second = 0;  // batch_size per step, in this process
  bool collapsed = false;        // a warning was given: generated pictures lost their variety
};

// Trains on `images` (28 x 28 grey; labels are classes) with the class names that go into the
// weights. Real pictures are drawn with replacement, labels of generated ones uniformly over the
// classes, noise from the standard normal; all keyed by (seed, step). One line per run.log_every
// steps goes to run.metrics_file: losses, accuracies and the variety of the generated pictures
// relative to the real ones'.
//
// Continues from run.checkpoint_folder, bit-identical on the CPU to an uninterrupted run with the
// same number of threads. Errors as train_classifier; also Error::usage for pictures of another
// size and an odd batch.
ConditionalGanResult train_conditional_gan(const data::LabelledImages& images,
                                           const std::vector<std::string>& class_names,
                                           const ConditionalGanTraining& training,
                                           const TrainingRun& run,
                                           const ConditionalGanFiles& files);

}  // namespace ersatz::train
