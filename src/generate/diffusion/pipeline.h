// Pictures from a Stable Diffusion model: text-to-image, image-to-image and inpainting.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "generate/diffusion/prompt_encoder.h"
#include "generate/diffusion/schedulers/scheduler_config.h"
#include "models/diffusion/stable_diffusion.h"

namespace ersatz::generate {

struct InitImage {
  torch::Tensor image;    // [1 or B, 3, H, W] in [-1, 1]
  double strength = 0.8;  // share of the steps that is run, in (0, 1]
};

enum class InpaintMode {
  kAuto,    // by the UNet's input channels: 9 or 4
  kLegacy,  // diffusers' StableDiffusionInpaintPipelineLegacy: soft mask, current timestep
};

struct InpaintMask {
  torch::Tensor mask;  // [1 or B, 1, H, W] in [0, 1]; 1 = repaint
  InpaintMode mode = InpaintMode::kAuto;
};

struct SamplingStep {
  std::int64_t index = 0, total = 0;  // calls of the network
  double timestep = 0;
  torch::Tensor before;        // latents entering the step, [B, 4, h, w]
  torch::Tensor model_output;  // guided
  torch::Tensor stepped;       // as the scheduler returned them
  torch::Tensor latents;       // after the step (and after mask blending), [B, 4, h, w]
  // The clean latents that the network expects at this call, for previews: computed when called,
  // which must be before on_step returns.
  std::function<torch::Tensor()> denoised;
};

struct SamplingRequest {
  std::vector<std::string> prompts;        // one per image, or one for all
  std::vector<std::string> negatives;      // the same; empty = ""
  std::vector<std::uint64_t> seeds;        // one per image: their number is the batch size
  std::int64_t width = 512, height = 512;  // multiples of the autoencoder's factor
  SchedulerConfig scheduler;
  std::int64_t steps = 50;
  double guidance = 7.5;          // <= 1: no guidance, one network call per image
  double guidance_rescale = 0;    // Lin et al. 2024, section 3.4
  std::optional<InitImage> init;  // image-to-image; with `mask`, inpainting
  std::optional<InpaintMask> mask;
  bool decode = true;
  bool tiled_decode = false;  // decode in overlapping tiles: less memory, slightly different
  models::UNetObserver* observer = nullptr;          // sees both halves of a guided batch
  std::function<void(const SamplingStep&)> on_step;  // progress, previews
  // For parity with recorded runs. `latents`: [B, 4, h, w] standard normal, instead of the draw the
  // latents begin with. `noise`: all other draws in order (all draws if `latents` is not given),
  // instead of the images' generators.
  std::optional<torch::Tensor> latents;
  std::vector<torch::Tensor> noise;
};

struct SamplingResult {
  torch::Tensor latents;  // [B, 4, h, w]: what is decoded, times the scaling factor
  torch::Tensor
      images;  // [B, 3, H, W] in [-1, 1], float32 on the CPU, clamped; undefined if !decode
};

// Image k depends only on its prompt, its seed and the settings, not on the others in the batch:
// its random numbers come from a generator of its own, seeded like
// `torch.Generator().manual_seed(seed)`, drawn on the CPU in the order of diffusers' pipelines.
// Between calls of the network latents are float32 whatever the model computes in.
// Errors: Error::usage for sizes, numbers of prompts, a mask that differs from the image (before
// anything is computed); Error::numeric naming step and layer when latents become NaN or infinite;
// Interrupted between steps after SIGINT.
SamplingResult sample(models::StableDiffusion& model, const PromptEncoder& encoder,
                      const SamplingRequest& request);

}  // namespace ersatz::generate
