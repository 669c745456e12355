// What `train dreambooth` or `train lora` was asked for, checked as far as that is possible before
// weights are loaded.
#pragma once

#include <string>
#include <vector>

#include "models/diffusion/stable_diffusion.h"
#include "runner/training/train_options.h"
#include "runner/training/training_model.h"
#include "train/fine_tuning/fine_tuning_trainer.h"

namespace ersatz::runner {

struct FineTuningRequest {
  train::FineTuningTraining training;
  train::FineTuningPictures pictures;  // those of the class only where there is a folder of them
  std::vector<std::string> names;      // of the instance's files
  int side = 0;                        // px of all pictures
  TrainingModel model;
  models::LoadOptions load;
};

// Reads pictures and captions. Error::usage (2) for wrong options; Error::missing (40) for a model
// or folder that is not there, a folder without pictures, a picture without a caption;
// Error::untrusted (30) naming a damaged picture or caption.
FineTuningRequest check_fine_tuning(const TrainOptions& options, const FineTuningOptions& own);

}  // namespace ersatz::runner
