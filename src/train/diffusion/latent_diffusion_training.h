// What a latent diffusion training computes, as opposed to where it runs (train/training_run.h).
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>

#include "core/json.h"
#include "models/diffusion/clip_text_config.h"
#include "models/diffusion/unet_config.h"
#include "train/adam.h"
#include "train/diffusion/diffusion_batches.h"
#include "train/ema.h"
#include "train/learning_rate.h"

namespace ersatz::train {

struct LatentDiffusionTraining {
  models::UNetConfig unet;
  models::ClipTextConfig text;
  core::Json scheduler;  // scheduler_config.json: noise schedule, and what the network predicts

  std::int64_t steps = 10000;
  std::int64_t batch_size = 32;   // samples on the device at a time
  std::int64_t accumulation = 1;  // batches of one step
  LearningRateSchedule learning_rate{ScheduleKind::kConstant, 1e-4, 0.95, 10000, 500};
  // Decoupled decay of matrices and kernels, not of embeddings, norms and biases.
  AdamOptions optimiser{0.9, 0.999, 1e-8, 0.01, ClipMode::kGlobalNorm, 1.0};
  EmaOptions average;
  bool train_text_encoder = true;  // false: it stays as it begins

  double caption_dropout = 0.1;
  TimestepSampling timesteps = TimestepSampling::kUniform;
  double min_snr_gamma = 0;  // Hang et al. 2023; 0: the plain loss
  // What layers compute in: "fp32" or "bf16" (weights, losses and updates stay in float32).
  std::string dtype = "fp32";

  std::int64_t step_size() const { return batch_size * accumulation; }
};

// Error::usage naming the setting that cannot be trained with.
void check(const LatentDiffusionTraining& training);

// Error::usage unless it is "fp32" or "bf16".
c10::ScalarType compute_type(const LatentDiffusionTraining& training);

// All of it, for checkpoints and stage keys.
core::Json training_json(const LatentDiffusionTraining& training);

}  // namespace ersatz::train
