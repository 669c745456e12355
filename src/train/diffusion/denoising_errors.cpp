#include "train/diffusion/denoising_errors.h"

#include <torch/types.h>

#include "compute/to_device.h"
#include "train/diffusion/diffusion_loss.h"

namespace ersatz::train {

DiffusionBatch on_device(const DiffusionBatch& batch, const c10::Device& device) {
  const auto here = [&](const torch::Tensor& x) { return compute::to_device(x, device); };
  return {here(batch.latents), here(batch.noise), here(batch.timesteps), here(batch.ids)};
}

torch::Tensor denoising_errors(models::ClipText& text_encoder, models::UNet& unet,
                               const generate::TrainingNoise& noise, const DiffusionBatch& batch,
                               c10::ScalarType type, double min_snr_gamma) {
  const torch::Tensor noisy = noise.add_noise(batch.latents, batch.noise, batch.timesteps);
  // ClipText::forward looks whether ids are in range, which would wait for a device.
  const torch::Tensor embeddings = torch::embedding(text_encoder.token_table(), batch.ids).to(type);
  const torch::Tensor context = text_encoder.forward_embeddings(embeddings, batch.ids).last_hidden;
  const torch::Tensor answer =
      unet.forward(noisy.to(type), batch.timesteps.to(torch::kFloat32), context);
  const torch::Tensor target = noise.target(batch.latents, batch.noise, batch.timesteps);
  return weighted_errors(answer, target, loss_weights(noise, batch.timesteps, min_snr_gamma));
}

}  // namespace ersatz::train
