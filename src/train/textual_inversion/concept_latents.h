// The pictures of a concept as the UNet sees them, encoded once and kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/autoencoder.h"
#include "train/diffusion/latent_cache.h"
#include "train/textual_inversion/concept_images.h"

namespace ersatz::train {

// Every picture has every prompt, `tokens` ids long, as a caption. Of each picture and, with
// `mirrored`, its mirror image the Gaussian is kept that the autoencoder makes of it: drawing a
// sample from that at every step is what encoding the picture again at every step would give.
// Writes into `folder` what is not there yet for the same pictures, prompts and autoencoder.
// Errors as build_latent_cache's; Interrupted between a few pictures.
LatentCache concept_latents(const std::filesystem::path& folder, const ConceptImages& images,
                            const std::vector<std::string>& prompts, std::int64_t tokens,
                            bool mirrored, models::Autoencoder& autoencoder,
                            const generate::ClipTokenizer& tokenizer);

}  // namespace ersatz::train
