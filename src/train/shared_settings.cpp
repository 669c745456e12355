#include "train/shared_settings.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::train {

void append_settings(const LearningRateSchedule& rate, core::Json& json) {
  json["schedule"] = schedule_name(rate.kind);
  json["learning_rate"] = rate.base;
  json["decay_rate"] = rate.decay_rate;
  json["decay_every"] = rate.decay_every;
  json["warmup_steps"] = rate.warmup_steps;
}

void append_settings(const AdamOptions& adam, core::Json& json) {
  json["beta1"] = adam.beta1;
  json["beta2"] = adam.beta2;
  json["epsilon"] = adam.epsilon;
  json["weight_decay"] = adam.weight_decay;
}

void append_clipping(const AdamOptions& adam, core::Json& json) {
  json["clip"] = static_cast<int>(adam.clip);
  json["clip_norm"] = adam.clip_norm;
}

c10::ScalarType compute_type_named(const std::string& dtype, std::string_view what) {
  if (dtype == "fp32") return c10::ScalarType::Float;
  if (dtype == "bf16") return c10::ScalarType::BFloat16;
  throw core::Error::usage(fmt::format("{} is trained in fp32 or bf16, not '{}'", what, dtype));
}

}  // namespace ersatz::train
