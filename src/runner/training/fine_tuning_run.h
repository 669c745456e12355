// `ersatz train dreambooth`, `ersatz train lora`: from a folder of pictures to a model, or to what
// changes one.
#pragma once

#include "compute/ranks/rank_group.h"
#include "core/ranks.h"
#include "runner/training/train_options.h"

namespace ersatz::runner {

// Trains in own.out, or continues what is there, and leaves
//   model/                             DreamBooth: the whole model, in diffusers' layout
//   pytorch_lora_weights.safetensors   LoRA: the factors, with diffusers' names
//   metrics.jsonl, training.json       losses; settings, digests, versions, times
//   samples/step-<n>.png               pictures of the validation prompt, if there is one
//   class_pictures/                    what the model drew of the class beforehand
//   checkpoints/, latents/             what it continues from
// Of several ranks (docs/ranks.md) all call it: the first leaves all this, and each computes parts
// of every batch. They read own.pictures and own.out/class_pictures, too.
// Errors: what check_fine_tuning, train::class_pictures and train::fine_tune throw.
void run_fine_tuning(const TrainOptions& options, const FineTuningOptions& own,
                     const core::Ranks& ranks, compute::RankGroup* group);

}  // namespace ersatz::runner
