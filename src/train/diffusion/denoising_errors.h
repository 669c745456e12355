// How wrong a text-to-image model is about the samples of a batch: what its trainings minimise.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <torch/types.h>

#include "generate/diffusion/schedulers/noise_training.h"
#include "models/diffusion/clip_text.h"
#include "models/diffusion/unet.h"
#include "train/diffusion/diffusion_batches.h"

namespace ersatz::train {

// The batch on `device`; from pinned memory for CUDA, so that the host does not wait for it.
DiffusionBatch on_device(const DiffusionBatch& batch, const c10::Device& device);

// Of each sample the squared error, weighted as loss_weights (diffusion_loss.h) says: float32 [B].
// Layers compute in `type`, whatever their weights are kept in. The networks should answer what
// `noise` is set up for; ids are not looked at: they must be in the text encoder's vocabulary.
// Several threads may use the networks at a time, once they are brought in (stored_network.h).
torch::Tensor denoising_errors(models::ClipText& text_encoder, models::UNet& unet,
                               const generate::TrainingNoise& noise, const DiffusionBatch& batch,
                               c10::ScalarType type, double min_snr_gamma);

}  // namespace ersatz::train
