// What a detector's training is told, checked and written down.
#pragma once

#include "core/json.h"
#include "train/detection/detector_trainer.h"

namespace ersatz::train {

// Error::usage for what cannot be trained.
void check_training(const data::DetectionSet& set, const DetectorTraining& training);

// Everything that the result depends on besides numerics.
core::Json training_configuration(const data::DetectionSet& set, const DetectorTraining& training,
                                  const TrainingRun& run);

// The reverse of to_json(DetectorEpoch).
DetectorEpoch epoch_of(const core::Json& json);

}  // namespace ersatz::train
