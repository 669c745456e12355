#include "train/diffusion/model_fit.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::train {

void check_trainable(const models::StableDiffusion& model, std::int64_t tokens) {
  using core::Error;
  const std::int64_t rows = model.text_encoder->config().vocabulary;
  if (tokens > rows) {
    throw Error::usage(
        fmt::format("the tokenizer has {} tokens, the text encoder {}", tokens, rows),
        "they do not belong together");
  }
  const std::int64_t channels = model.unet->config().in_channels;
  const std::int64_t latents = model.autoencoder->config().latent_channels;
  if (channels != latents) {
    throw Error::usage(fmt::format("the UNet takes {} channels, pictures have {}: an inpainting "
                                   "model is not trained",
                                   channels, latents),
                       "what is learned with the plain model of the same family works there too");
  }
}

}  // namespace ersatz::train
