// Pictures of one prompt from a model in training.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "generate/diffusion/prompt_encoder.h"
#include "models/diffusion/stable_diffusion.h"

namespace ersatz::runner {

struct ValidationPictures {
  std::string prompt;
  std::int64_t count = 4;   // with seeds 0, 1, ...
  std::int64_t steps = 25;  // of the sampling, by the model's own scheduler
};

// In one row, of the size that the model was trained on; a PNG that holds the prompt as text
// (keyword "prompts").
void write_validation_pictures(models::StableDiffusion& model,
                               const generate::PromptEncoder& encoder,
                               const ValidationPictures& pictures,
                               const std::filesystem::path& file);

}  // namespace ersatz::runner
