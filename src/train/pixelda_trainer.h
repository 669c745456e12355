// Trains PixelDA: a generator that turns source images into images like the target's, keeping
// their labels.
#pragma once

#include <cstdint>
#include <filesystem>

#include "data/labelled_images.h"
#include "models/pixelda_options.h"
#include "train/learning_rate.h"
#include "train/training_run.h"

namespace ersatz::train {

// The defaults are the published configuration. One step is one update of the discriminator (with
// the task towers) and one of the generator, each on a batch of its own. The reference
// implementation counts those two updates separately: its 12,000,000 / 32 = 375,000 steps are
// 187,500 here, and its decay by 0.95 every 20,000 steps is every 10,000 here.
struct PixelDaTraining {
  models::PixelDaOptions network;
  std::int64_t steps = 187500;
  std::int64_t batch_size = 32;
  LearningRateSchedule learning_rate{ScheduleKind::kExponential, 1e-3, 0.95, 10000, 0};
  double beta1 = 0.5;
  double beta2 = 0.999;
  double gradient_clip = 5.0;  // largest norm of each parameter's gradient; 0: no clipping
  double weight_decay = 1e-5;  // L2, on weights (not on biases and offsets)
  double domain_weight = 1.0;  // discriminator: real/fake
  double style_weight = 1.0;   // generator: fooling the discriminator
  double source_task_weight = 1.0;
  double transferred_task_weight = 1.0;
  double generator_task_weight = 1.0;  // of the task losses in the generator's loss
  // "Change few pixels": mean pairwise squared error between source and transferred image. The
  // published configuration sets it to 0, although the thesis describes it.
  double similarity_weight = 0.0;
};

struct PixelDaTrainingResult {
  std::int64_t steps = 0;
  bool finished = false;
  double discriminator_loss = 0;  // means over the last logging interval
  double generator_loss = 0;
  double images_per_second = 0;  // source images through the generator, in this process
  bool collapsed = false;        // a warning was given: transferred images lost their variety
};

// Trains on `source` (with labels) and `target` (labels are not used). When finished, writes the
// generator to `weights_file` (safetensors) for generate::transfer_images.
//
// Continues from run.checkpoint_folder, bit-identical on the CPU to an uninterrupted run with the
// same number of threads. Errors as train_classifier; also Error::usage when image sizes differ.
PixelDaTrainingResult train_pixelda(const data::LabelledImages& source,
                                    const data::LabelledImages& target,
                                    const PixelDaTraining& training, const TrainingRun& run,
                                    const std::filesystem::path& weights_file);

}  // namespace ersatz::train
