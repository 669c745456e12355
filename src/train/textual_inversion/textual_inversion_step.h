// One step of textual inversion (Gal et al. 2022, equation 2): the denoising loss as a function of
// the vectors of a placeholder token, everything else frozen.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "generate/diffusion/schedulers/noise_training.h"
#include "models/diffusion/clip_text.h"
#include "models/diffusion/unet.h"
#include "train/diffusion/diffusion_batches.h"

namespace ersatz::train {

struct TextualInversionLoss {
  torch::Tensor loss;      // scalar, at least float32: mean squared error over everything
  torch::Tensor gradient;  // [n, hidden] with respect to the vectors
};

// `vectors` [n, hidden] stand wherever the ids placeholders[0 .. n-1] do; these need not be in the
// encoder's table. The network should answer what `noise` is set up for (noise, velocity); it
// computes in the type of the text encoder. All tensors on the networks' device, except ids, which
// may be on the CPU: then nothing waits for the device. The networks' parameters take no gradients
// (models::set_trainable); several threads may use them at a time.
//
// diffusers puts the vectors into the table of all tokens, computes the gradient of all of it,
// updates all of it with AdamW (decay included) and then puts every other row back as it was. AdamW
// without a norm over all gradients treats every number by itself, so what becomes of the new rows
// is the same when the others have neither gradient nor moments.
TextualInversionLoss textual_inversion_step(models::ClipText& text_encoder, models::UNet& unet,
                                            const generate::TrainingNoise& noise,
                                            const DiffusionBatch& batch,
                                            const std::vector<std::int64_t>& placeholders,
                                            const torch::Tensor& vectors);

// The loss alone.
torch::Tensor textual_inversion_loss(models::ClipText& text_encoder, models::UNet& unet,
                                     const generate::TrainingNoise& noise,
                                     const DiffusionBatch& batch,
                                     const std::vector<std::int64_t>& placeholders,
                                     const torch::Tensor& vectors);

}  // namespace ersatz::train
