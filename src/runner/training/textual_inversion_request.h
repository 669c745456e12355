// What `train textual-inversion` was asked for, checked as far as that is possible before weights
// are loaded.
#pragma once

#include <cstdint>

#include "models/diffusion/stable_diffusion.h"
#include "runner/training/train_options.h"
#include "runner/training/training_model.h"
#include "train/textual_inversion/concept_images.h"
#include "train/textual_inversion/textual_inversion_training.h"

namespace ersatz::runner {

struct TextualInversionRequest {
  train::TextualInversionTraining training;
  train::ConceptImages images;
  models::LoadOptions load;
};

// Reads templates and pictures, and looks up token and initializer in the model's tokenizer.
// Error::usage (2) for wrong options, a token that exists, an initializer of several tokens,
// templates without {} or too long; Error::missing (40) for a model or folder that is not there, or
// a folder without pictures; Error::untrusted (30) naming a damaged picture.
TextualInversionRequest check_textual_inversion(const TrainOptions& options);

TrainingModel training_model(const TrainOptions& options);

}  // namespace ersatz::runner
