// Small pictures while sampling goes on.
#pragma once

#include <torch/types.h>

#include "generate/diffusion/pipeline.h"
#include "models/diffusion/tiny_autoencoder.h"

namespace ersatz::generate {

// What the images would look like if the network were right at this step, by the tiny decoder:
// uint8 [B, H, W, 3] on the CPU. Waits for the device. Give it the step of
// SamplingRequest::on_step; the decoder is on the device of the model.
torch::Tensor preview_images(models::TinyAutoencoder& decoder, const SamplingStep& step);

}  // namespace ersatz::generate
