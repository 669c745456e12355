#include "train/diffusion/latent_diffusion_training.h"

#include <fmt/format.h>

#include "core/error.h"
#include "train/shared_settings.h"

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
  return compute_type_named(training.dtype, "a diffusion model");
}

core::Json training_json(const LatentDiffusionTraining& training) {
  core::Json json = {{"unet", models::unet_config_json(training.unet)},
                     {"text_encoder", models::clip_text_config_json(training.text)},
                     {"scheduler", training.scheduler},
                     {"steps", training.steps},
                     {"batch_size", training.batch_size},
                     {"accumulation", training.accumulation}};
  append_settings(training.learning_rate, json);
  append_settings(training.optimiser, json);
  append_clipping(training.optimiser, json);
  const EmaOptions& ema = training.average;
  json["ema_decay"] = ema.decay;
  json["ema_least_decay"] = ema.least_decay;
  json["ema_update_after_step"] = ema.update_after_step;
  json["ema_power_warmup"] = ema.power_warmup;
  json["ema_inverse_gamma"] = ema.inverse_gamma;
  json["ema_power"] = ema.power;
  json["train_text_encoder"] = training.train_text_encoder;
  json["caption_dropout"] = training.caption_dropout;
  json["timesteps"] = timestep_sampling_name(training.timesteps);
  json["min_snr_gamma"] = training.min_snr_gamma;
  json["dtype"] = training.dtype;
  return json;
}

}  // namespace ersatz::train
