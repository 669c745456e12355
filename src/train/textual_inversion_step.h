// One step of textual inversion (Gal et al. 2022, equation 2): the denoising loss as a function of
// the vectors of a placeholder token, everything else frozen.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "generate/diffusion/schedulers/noise_training.h"
#include "models/diffusion/clip_text.h"
#include "models/diffusion/unet.h"

namespace ersatz::train {

struct TextualInversionBatch {
  torch::Tensor latents;    // [B, 4, h, w]: the encoder's sample times its scaling factor
  torch::Tensor noise;      // the same shape, standard normal
  torch::Tensor timesteps;  // int64 [B]
  torch::Tensor ids;        // int64 [B, L]: prompts in which the placeholder stands
};

struct TextualInversionLoss {
  torch::Tensor loss;      // scalar, at least float32: mean squared error over everything
  torch::Tensor gradient;  // [n, hidden] with respect to the vectors
};

// `vectors` [n, hidden] stand wherever the ids placeholders[0 .. n-1] do; these need not be in the
// encoder's table. The network should answer what `noise` is set up for (noise, velocity). All
// tensors on the networks' device; nothing waits for it. The networks' parameters take no
// gradients (models::set_trainable).
TextualInversionLoss textual_inversion_step(models::ClipText& text_encoder, models::UNet& unet,
                                            const generate::TrainingNoise& noise,
                                            const TextualInversionBatch& batch,
                                            const std::vector<std::int64_t>& placeholders,
                                            const torch::Tensor& vectors);

}  // namespace ersatz::train
