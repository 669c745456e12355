// A few pictures with captions as the UNet sees them, encoded once and kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/captioned_image.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/autoencoder.h"
#include "train/diffusion/latent_cache.h"

namespace ersatz::train {

// Captions become `tokens` ids. Of each picture and, with `mirrored`, the mirror image of each that
// no caption speaks of sides of, the Gaussian is kept that the autoencoder makes of it: drawing a
// sample from that at every step is what encoding the picture again at every step would give.
// Writes into `folder` what is not there yet for the same pictures, ids and autoencoder. `what` is
// shown while it works. Error::usage without a picture; errors as build_latent_cache's; Interrupted
// between a few pictures.
LatentCache captioned_latents(const std::filesystem::path& folder, const std::string& what,
                              const std::vector<data::CaptionedImage>& pictures,
                              std::int64_t tokens, bool mirrored, models::Autoencoder& autoencoder,
                              const generate::ClipTokenizer& tokenizer);

// SHA-256 over sizes, pixels and captions.
std::string digest_of(const std::vector<data::CaptionedImage>& pictures);

}  // namespace ersatz::train
