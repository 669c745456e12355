#include "train/fine_tuning/fine_tuning_training.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"

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
  if (training.dtype == "fp32") return c10::ScalarType::Float;
  if (training.dtype == "bf16") return c10::ScalarType::BFloat16;
  throw core::Error::usage(
      fmt::format("a diffusion model is trained in fp32 or bf16, not '{}'", training.dtype));
}

core::Json training_json(const FineTuningTraining& training) {
  const LearningRateSchedule& rate = training.learning_rate;
  const AdamOptions& adam = training.optimiser;
  core::Json json = {{"training", training.lora ? "lora" : "dreambooth"},
                     {"train_text_encoder", training.train_text_encoder},
                     {"prior_weight", training.prior_weight},
                     {"mirrored", training.mirrored},
                     {"batch_size", training.batch_size},
                     {"accumulation", training.accumulation},
                     {"schedule", schedule_name(rate.kind)},
                     {"learning_rate", rate.base},
                     {"decay_rate", rate.decay_rate},
                     {"decay_every", rate.decay_every},
                     {"warmup_steps", rate.warmup_steps},
                     {"scale_learning_rate", training.scale_learning_rate},
                     {"beta1", adam.beta1},
                     {"beta2", adam.beta2},
                     {"epsilon", adam.epsilon},
                     {"weight_decay", adam.weight_decay},
                     {"clip", static_cast<int>(adam.clip)},
                     {"clip_norm", adam.clip_norm},
                     {"min_snr_gamma", training.min_snr_gamma},
                     {"dtype", training.dtype}};
  if (training.lora) json["lora"] = lora_json(training);
  if (rate.kind != ScheduleKind::kConstant) json["steps"] = training.steps;
  return json;
}

}  // namespace ersatz::train
