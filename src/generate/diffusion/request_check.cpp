#include "generate/diffusion/request_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>

#include <cmath>
#include <string_view>

#include "core/error.h"
#include "generate/diffusion/starting_point.h"

namespace ersatz::generate {
namespace {

using core::Error;

void check_counts(const SamplingRequest& request) {
  const std::size_t images = request.seeds.size();
  if (images == 0) throw Error::usage("no images are asked for: give a seed for each");
  if (request.prompts.size() != 1 && request.prompts.size() != images) {
    throw Error::usage(fmt::format("{} prompts for {} images: give one, or one per image",
                                   request.prompts.size(), images));
  }
  if (request.negatives.size() > 1 && request.negatives.size() != images) {
    throw Error::usage(fmt::format("{} negative prompts for {} images: give one, or one per image",
                                   request.negatives.size(), images));
  }
}

void check_numbers(const SamplingRequest& request) {
  if (request.steps < 1) throw Error::usage(fmt::format("{} steps: at least 1", request.steps));
  if (!std::isfinite(request.guidance)) {
    throw Error::usage(fmt::format("guidance scale {}: must be a number", request.guidance));
  }
  if (!(request.guidance_rescale >= 0 && request.guidance_rescale <= 1)) {
    throw Error::usage(
        fmt::format("guidance rescale {}: must be from 0 to 1", request.guidance_rescale));
  }
}

void check_size(const SamplingRequest& request, std::int64_t factor) {
  for (const std::int64_t side : {request.width, request.height}) {
    if (side < factor || side % factor != 0) {
      throw Error::usage(fmt::format("image size {}x{}: width and height must be multiples of {}",
                                     request.width, request.height, factor));
    }
  }
}

// [1 or images, channels, height, width] of floating-point numbers.
void check_picture(const torch::Tensor& picture, std::string_view name, std::int64_t channels,
                   const SamplingRequest& request) {
  const auto images = static_cast<std::int64_t>(request.seeds.size());
  if (!picture.defined() || !picture.is_floating_point() || picture.dim() != 4 ||
      (picture.size(0) != 1 && picture.size(0) != images) || picture.size(1) != channels) {
    throw Error::usage(fmt::format("the {} must be floating-point numbers [1 or {}, {}, H, W]",
                                   name, images, channels));
  }
  if (picture.size(2) != request.height || picture.size(3) != request.width) {
    throw Error::usage(fmt::format("the {} is {}x{}, the image to make {}x{}", name,
                                   picture.size(3), picture.size(2), request.width,
                                   request.height));
  }
}

void check_init(const SamplingRequest& request) {
  check_picture(request.init->image, "initial picture", 3, request);
  const double strength = request.init->strength;
  if (!(strength > 0 && strength <= 1)) {
    throw Error::usage(fmt::format("strength {}: must be above 0 and at most 1", strength));
  }
  if (skipped_steps(request.steps, strength) >= request.steps) {
    throw Error::usage(
        fmt::format("strength {} of {} steps leaves none to run", strength, request.steps),
        "use more steps or a larger strength");
  }
}

void check_mask(const SamplingRequest& request, const ModelShape& shape) {
  const bool mask_channels = shape.unet_channels == 2 * shape.latent_channels + 1;
  if (request.mask) {
    if (!request.init) throw Error::usage("a mask needs the picture it belongs to");
    check_picture(request.mask->mask, "mask", 1, request);
    if (request.mask->mode == InpaintMode::kLegacy && mask_channels) {
      throw Error::usage("the legacy way of inpainting is for networks without mask channels");
    }
  } else if (mask_channels) {
    throw Error::usage(
        fmt::format("this is an inpainting model (its network has {} input channels): it only "
                    "repaints pictures",
                    shape.unet_channels),
        "ersatz generate inpaint --image PICTURE --mask MASK");
  }
  if (!mask_channels && shape.unet_channels != shape.latent_channels) {
    throw Error::usage(
        fmt::format("a network with {} input channels is not supported", shape.unet_channels));
  }
}

void check_recorded(const SamplingRequest& request, const ModelShape& shape) {
  if (!request.latents) return;
  const std::vector<std::int64_t> expected = {static_cast<std::int64_t>(request.seeds.size()),
                                              shape.latent_channels, request.height / shape.factor,
                                              request.width / shape.factor};
  if (!request.latents->defined() || request.latents->sizes() != torch::IntArrayRef(expected)) {
    throw Error::usage(
        fmt::format("the initial latents have the shape [{}], not [{}]",
                    fmt::join(request.latents->defined() ? request.latents->sizes().vec()
                                                         : std::vector<std::int64_t>(),
                              ", "),
                    fmt::join(expected, ", ")));
  }
  if (!torch::isfinite(*request.latents).all().item<bool>()) {
    throw Error::usage("the initial latents are not all finite");
  }
}

}  // namespace

ModelShape shape_of(const models::StableDiffusion& model) {
  if (!model.unet || !model.autoencoder) {
    throw Error::internal("sampling needs a model loaded with its UNet and autoencoder");
  }
  const models::AutoencoderConfig& autoencoder = model.autoencoder->config();
  return {autoencoder.factor(), autoencoder.latent_channels, model.unet->config().in_channels};
}

void check_request(const SamplingRequest& request, const ModelShape& shape) {
  check_counts(request);
  check_numbers(request);
  check_size(request, shape.factor);
  if (request.init) check_init(request);
  check_mask(request, shape);
  check_recorded(request, shape);
}

}  // namespace ersatz::generate
