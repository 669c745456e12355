// What sampling begins with: noise, or a picture with some noise on it.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>

#include "generate/diffusion/inpainting.h"
#include "generate/diffusion/latent_noise.h"
#include "generate/diffusion/pipeline.h"
#include "generate/diffusion/schedulers/scheduler.h"
#include "generate/diffusion/skipped_steps.h"
#include "models/diffusion/stable_diffusion.h"

namespace ersatz::generate {

struct StartingPoint {
  torch::Tensor latents;             // [B, 4, h, w] as they enter call 0
  torch::Tensor extra_channels;      // [B, 5, h, w]: mask, latents of the masked picture; or none
  std::optional<MaskedBlend> blend;  // networks without those channels
};

// Draws from `noise` what diffusers' pipeline of that kind draws, in its order. The request has
// been checked. Without gradients.
StartingPoint starting_point(models::StableDiffusion& model, const SamplingRequest& request,
                             const Scheduler& scheduler, LatentNoise& noise);

}  // namespace ersatz::generate
