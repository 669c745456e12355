// A Stable Diffusion small enough to be fine-tuned in seconds (inversion_fixture.h), and pictures.
#pragma once

#include <cstdint>
#include <filesystem>

#include "train/fine_tuning/fine_tuning_trainer.h"
#include "train/textual_inversion/inversion_fixture.h"

namespace ersatz::test {

// Three discs that are "a q disc" and, with `prior`, five others that are "a disc"; of 16 px.
train::FineTuningPictures disc_pictures(bool prior);

// A few large steps of four pictures.
train::FineTuningTraining small_dreambooth(std::int64_t steps);
train::FineTuningTraining small_lora(std::int64_t steps);

// In `folder`, with checkpoints after every four steps and two copies.
train::FineTuningRun fine_tuning_in(const std::filesystem::path& folder);

}  // namespace ersatz::test
