// Settings that several trainings have: how they are written where a checkpoint says what it is of,
// and read.
#pragma once

#include <c10/core/ScalarType.h>

#include <string>
#include <string_view>

#include "core/json.h"
#include "train/adam.h"
#include "train/learning_rate.h"

namespace ersatz::train {

// Appends "schedule", "learning_rate", "decay_rate", "decay_every", "warmup_steps".
void append_settings(const LearningRateSchedule& rate, core::Json& json);

// Appends "beta1", "beta2", "epsilon", "weight_decay".
void append_settings(const AdamOptions& adam, core::Json& json);
// Appends "clip", "clip_norm".
void append_clipping(const AdamOptions& adam, core::Json& json);

// What layers compute in: of "fp32" or "bf16". Error::usage for others; `what` begins its sentence:
// "an autoencoder".
c10::ScalarType compute_type_named(const std::string& dtype, std::string_view what);

}  // namespace ersatz::train
