#include "train/diffusion/latent_diffusion_training.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::train {

void check(const LatentDiffusionTraining& training) {
  using core::Error;
  if (training.steps < 1 || training.batch_size < 1 || training.accumulation < 1) {
    throw Error::usage("a diffusion training needs steps, a batch size and rounds of at least 1");
  }
  if (training.text.hidden != training.unet.cross_attention_dim) {
    throw Error::usage(
        fmt::format("the text encoder's vectors have {} numbers, the UNet attends "
                    "to {}",
                    training.text.hidden, training.unet.cross_attention_dim));
  }
  if (!(training.optimiser.weight_decay >= 0) || !(training.min_snr_gamma >= 0)) {
    throw Error::usage("weight decay and min_snr_gamma must not be negative");
  }
  if (training.optimiser.clip != ClipMode::kNone && !(training.optimiser.clip_norm > 0)) {
    throw Error::usage("the largest gradient norm must be positive");
  }
  compute_type(training);
}

c10::ScalarType compute_type(const LatentDiffusionTraining& training) {
  if (training.dtype == "fp32") return c10::ScalarType::Float;
  if (training.dtype == "bf16") return c10::ScalarType::BFloat16;
  throw core::Error::usage(
      fmt::format("a diffusion model is trained in fp32 or bf16, not '{}'", training.dtype));
}

core::Json training_json(const LatentDiffusionTraining& training) {
  const LearningRateSchedule& rate = training.learning_rate;
  const AdamOptions& adam = training.optimiser;
  const EmaOptions& ema = training.average;
  return {{"unet", models::unet_config_json(training.unet)},
          {"text_encoder", models::clip_text_config_json(training.text)},
          {"scheduler", training.scheduler},
          {"steps", training.steps},
          {"batch_size", training.batch_size},
          {"accumulation", training.accumulation},
          {"schedule", schedule_name(rate.kind)},
          {"learning_rate", rate.base},
          {"decay_rate", rate.decay_rate},
          {"decay_every", rate.decay_every},
          {"warmup_steps", rate.warmup_steps},
          {"beta1", adam.beta1},
          {"beta2", adam.beta2},
          {"epsilon", adam.epsilon},
          {"weight_decay", adam.weight_decay},
          {"clip", static_cast<int>(adam.clip)},
          {"clip_norm", adam.clip_norm},
          {"ema_decay", ema.decay},
          {"ema_least_decay", ema.least_decay},
          {"ema_update_after_step", ema.update_after_step},
          {"ema_power_warmup", ema.power_warmup},
          {"ema_inverse_gamma", ema.inverse_gamma},
          {"ema_power", ema.power},
          {"train_text_encoder", training.train_text_encoder},
          {"caption_dropout", training.caption_dropout},
          {"timesteps", timestep_sampling_name(training.timesteps)},
          {"min_snr_gamma", training.min_snr_gamma},
          {"dtype", training.dtype}};
}

}  // namespace ersatz::train
