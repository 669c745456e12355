// Whether a Stable Diffusion model can be trained further, and its parts belong together.
#pragma once

#include <cstdint>

#include "models/diffusion/stable_diffusion.h"

namespace ersatz::train {

// Error::usage when its tokenizer has more tokens (`tokens`) than its text encoder has rows, and
// for an inpainting model, whose UNet takes more channels than pictures have.
void check_trainable(const models::StableDiffusion& model, std::int64_t tokens);

}  // namespace ersatz::train
