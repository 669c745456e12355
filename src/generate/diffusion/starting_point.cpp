#include "generate/diffusion/starting_point.h"

#include <torch/types.h>

#include "generate/diffusion/preprocess.h"

namespace ersatz::generate {
namespace {

// The picture's part in what follows; `noise` as drawn for its encoding.
torch::Tensor picture_latents(models::StableDiffusion& model, const torch::Tensor& image,
                              const torch::Tensor& noise) {
  return encode_image(*model.autoencoder, image, noise, model.compute_type);
}

StartingPoint from_noise(const Scheduler& scheduler, LatentNoise& noise) {
  return {noise.initial() * scheduler.initial_noise_sigma(), {}, std::nullopt};
}

StartingPoint from_image(models::StableDiffusion& model, const SamplingRequest& request,
                         const Scheduler& scheduler, LatentNoise& noise) {
  const torch::Tensor clean = picture_latents(model, request.init->image, noise.draw());
  return {scheduler.add_noise(clean, noise.initial(), 0), {}, std::nullopt};
}

StartingPoint legacy_inpainting(models::StableDiffusion& model, const SamplingRequest& request,
                                const Scheduler& scheduler, LatentNoise& noise) {
  const torch::Tensor clean = picture_latents(model, request.init->image, noise.draw());
  const torch::Tensor added = noise.initial();
  const torch::Tensor repaint = latent_mask_centred(
      request.mask->mask.to(model.device, torch::kFloat32), model.autoencoder->config().factor());
  return {scheduler.add_noise(clean, added, 0),
          {},
          MaskedBlend(clean, added, repaint, MaskedBlend::Noising::kThisStep)};
}

StartingPoint inpainting(models::StableDiffusion& model, const SamplingRequest& request,
                         const Scheduler& scheduler, LatentNoise& noise) {
  const bool mask_channels = model.unet->config().in_channels != 4;
  const bool from_picture = request.init->strength < 1;
  const torch::Tensor image = request.init->image.to(model.device, torch::kFloat32);
  const torch::Tensor mask = binary_mask(request.mask->mask.to(model.device));
  const torch::Tensor repaint = latent_mask(mask, model.autoencoder->config().factor());

  torch::Tensor clean;
  if (!mask_channels || from_picture) clean = picture_latents(model, image, noise.draw());
  const torch::Tensor added = noise.initial();
  StartingPoint start;
  start.latents =
      from_picture ? scheduler.add_noise(clean, added, 0) : added * scheduler.initial_noise_sigma();
  // Drawn in either case, so that later draws are those of diffusers.
  const torch::Tensor masked_noise = noise.draw();
  if (mask_channels) {
    const torch::Tensor kept = picture_latents(model, masked_image(image, mask), masked_noise);
    const torch::Tensor channel = repaint.expand({kept.size(0), 1, kept.size(2), kept.size(3)});
    start.extra_channels = torch::cat({channel, kept}, 1);
  } else {
    start.blend.emplace(clean, added, repaint, MaskedBlend::Noising::kNextStep);
  }
  return start;
}

}  // namespace

StartingPoint starting_point(models::StableDiffusion& model, const SamplingRequest& request,
                             const Scheduler& scheduler, LatentNoise& noise) {
  if (!request.init) return from_noise(scheduler, noise);
  if (!request.mask) return from_image(model, request, scheduler, noise);
  if (request.mask->mode == InpaintMode::kLegacy) {
    return legacy_inpainting(model, request, scheduler, noise);
  }
  return inpainting(model, request, scheduler, noise);
}

}  // namespace ersatz::generate
