#include "train/fine_tuning/fine_tuning_training.h"

#include <cmath>

#include "core/error.h"
#include "train/shared_settings.h"

namespace ersatz::train {

namespace {

bool number_of_at_least_0(double value) { return value >= 0 && std::isfinite(value); }

core::Json lora_json(const FineTuningTraining& training) {
  const models::LoraSettings& lora = *training.lora;
  core::Json json = {{"rank", lora.rank},
                     {"alpha", lora.scale() * static_cast<double>(lora.rank)},
                     {"init", models::lora_init_name(lora.init)},
                     {"targets", lora.unet_targets}};
  if (training.train_text_encoder) json["text_targets"] = lora.text_targets;
  return json;
}

}  // namespace

double FineTuningTraining::rate(std::int64_t step) const {
  const double rate = learning_rate.at(step, steps);
  return scale_learning_rate ? rate * static_cast<double>(step_size()) : rate;
}

FineTuningTraining lora_defaults() {
  FineTuningTraining training;
  training.lora = models::LoraSettings();
  training.learning_rate.base = 5e-4;
  training.steps = 500;
  return training;
}

void check(const FineTuningTraining& training) {
  using core::Error;
  if (training.steps < 1 || training.batch_size < 1 || training.accumulation < 1) {
    throw Error::usage("a fine-tuning needs steps, a batch size and rounds of at least 1");
  }
  if (!(training.learning_rate.base > 0)) {
    throw Error::usage("the learning rate must be above 0");
  }
  if (!number_of_at_least_0(training.prior_weight) ||
      !number_of_at_least_0(training.min_snr_gamma) ||
      !number_of_at_least_0(training.optimiser.weight_decay)) {
    throw Error::usage("prior weight, SNR gamma and weight decay are numbers of at least 0");
  }
  if (training.optimiser.clip != ClipMode::kNone && !(training.optimiser.clip_norm > 0)) {
    throw Error::usage("the largest gradient norm must be positive");
  }
  if (training.lora) {
    models::check(*training.lora);
    if (training.train_text_encoder && training.lora->text_targets.empty()) {
      throw Error::usage("a LoRA of the text encoder needs layers that it adapts");
    }
  }
  compute_type(training);
}

c10::ScalarType compute_type(const FineTuningTraining& training) {
  return compute_type_named(training.dtype, "a diffusion model");
}

core::Json training_json(const FineTuningTraining& training) {
  core::Json json = {{"training", training.lora ? "lora" : "dreambooth"},
                     {"train_text_encoder", training.train_text_encoder},
                     {"prior_weight", training.prior_weight},
                     {"mirrored", training.mirrored},
                     {"batch_size", training.batch_size},
                     {"accumulation", training.accumulation}};
  append_settings(training.learning_rate, json);
  json["scale_learning_rate"] = training.scale_learning_rate;
  append_settings(training.optimiser, json);
  append_clipping(training.optimiser, json);
  json["min_snr_gamma"] = training.min_snr_gamma;
  json["dtype"] = training.dtype;
  if (training.lora) json["lora"] = lora_json(training);
  if (training.learning_rate.kind != ScheduleKind::kConstant) json["steps"] = training.steps;
  return json;
}

}  // namespace ersatz::train
