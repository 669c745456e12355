// What a fine-tuning of a Stable Diffusion model learns and how, as opposed to where it runs
// (train/training_run.h).
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/json.h"
#include "models/diffusion/lora_layers.h"
#include "train/adam.h"
#include "train/learning_rate.h"

namespace ersatz::train {

// The defaults are those of diffusers' train_dreambooth.py, with the 400 steps of its example.
struct FineTuningTraining {
  // Nothing: the weights themselves are trained (DreamBooth, Ruiz et al. 2023). Otherwise a LoRA
  // beside them, and no weight of the model changes.
  std::optional<models::LoraSettings> lora;
  bool train_text_encoder = false;  // too, in the same manner
  // Share of the class pictures' error in the loss, where there are class pictures (prior
  // preservation, Ruiz et al. 2023, equation 2).
  double prior_weight = 1.0;
  bool mirrored = false;  // pictures also appear as their mirror images

  std::int64_t steps = 400;
  std::int64_t batch_size = 4;    // pictures on the device at a time, and as many of the class
  std::int64_t accumulation = 1;  // batches of one step
  LearningRateSchedule learning_rate{ScheduleKind::kConstant, 5e-6};
  bool scale_learning_rate = false;  // times the pictures of a step
  // Decoupled decay, of all that is trained; all gradients together no longer than 1.
  AdamOptions optimiser{0.9, 0.999, 1e-8, 0.01, ClipMode::kGlobalNorm, 1.0};
  double min_snr_gamma = 0;  // Hang et al. 2023; 0: the plain loss
  // What layers compute in: "fp32" or "bf16" (what is trained, losses and updates stay in float32).
  std::string dtype = "fp32";

  std::int64_t step_size() const { return batch_size * accumulation; }
  // Of step `step` (0 is the first).
  double rate(std::int64_t step) const;
};

// Those of train_dreambooth_lora.py: rank 4, 5e-4; with the 500 steps of its example.
FineTuningTraining lora_defaults();

// Error::usage naming the setting that cannot be trained with. Whether LoRA's targets exist only
// the model can tell.
void check(const FineTuningTraining& training);

// Error::usage unless it is "fp32" or "bf16".
c10::ScalarType compute_type(const FineTuningTraining& training);

// All that the result depends on after a number of steps. With a constant rate that is not how many
// steps there are in all: such a training may be made longer.
core::Json training_json(const FineTuningTraining& training);

}  // namespace ersatz::train
