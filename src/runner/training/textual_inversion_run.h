// `ersatz train textual-inversion`: from a folder of pictures to an embedding.
#pragma once

#include "runner/training/train_options.h"

namespace ersatz::runner {

// Trains in options.textual_inversion.out, or continues what is there, and leaves
//   learned_embeds.safetensors, <token>.pt   the vectors, in diffusers' and AUTOMATIC1111's format
//   learned_embeds-steps-<n>.safetensors     the same on the way
//   metrics.jsonl, training.json             losses; settings, digests, versions, times
//   samples/step-<n>.png                     pictures of the validation prompt, if there is one
//   checkpoints/, latents/                   what it continues from
// Errors: what check_textual_inversion and train::train_textual_inversion throw.
void run_textual_inversion(const TrainOptions& options);

}  // namespace ersatz::runner
