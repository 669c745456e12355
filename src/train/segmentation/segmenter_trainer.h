// Training of a small segmenter (models/segmentation/small_segmenter.h) on pictures whose every
// pixel is known.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "train/learning_rate.h"
#include "train/segmentation/segmentation_set.h"
#include "train/training_run.h"

namespace ersatz::train {

struct SegmenterTraining {
  std::int64_t width = 16;  // models::SmallSegmenterOptions
  std::int64_t steps = 400, batch_size = 16;
  LearningRateSchedule learning_rate{ScheduleKind::kCosine, 3e-3, 0.95, 10000, 20};
  double weight_decay = 1e-4;
  bool flip = true;  // mirror images are as likely as the pictures
};

struct SegmenterTrainingResult {
  std::int64_t steps = 0;
  bool finished = false;  // false: stopped by TrainingRun::stop_after
  double loss = 0;        // mean over the last logging interval
  double images_per_second = 0;
};

// Cross-entropy over the classes of pixels plus binary cross-entropy of the interior, by Adam. When
// finished, writes the network to `file`. `name` stands for the pictures: two sets of one name are
// the same. With run.ranks the processes share each batch, and rank 0 writes. Continues from
// run.checkpoint_folder; sample k depends on (seed, k) only. Error::usage for impossible settings
// and an empty set, Error::numeric when the loss is not finite, Interrupted after a checkpoint when
// a signal is pending.
SegmenterTrainingResult train_segmenter(const SegmentationSet& set, const std::string& name,
                                        const SegmenterTraining& training, const TrainingRun& run,
                                        const std::filesystem::path& file);

}  // namespace ersatz::train
