#include "train/textual_inversion/concept_latents.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "train/diffusion/captioned_latents.h"
#include "train/diffusion/latent_cache_builder.h"

namespace ersatz::train {

LatentCache concept_latents(const std::filesystem::path& folder, const ConceptImages& images,
                            const std::vector<std::string>& prompts, std::int64_t tokens,
                            bool mirrored, models::Autoencoder& autoencoder,
                            const generate::ClipTokenizer& tokenizer) {
  if (images.pictures.empty() || prompts.empty()) {
    throw core::Error::usage("a textual inversion needs at least one picture and one prompt");
  }
  if (mirrored && std::any_of(prompts.begin(), prompts.end(), speaks_of_sides)) {
    core::log_info("a template speaks of left or right: pictures are not mirrored");
  }
  std::vector<data::CaptionedImage> captioned;
  for (const data::RgbImage& picture : images.pictures) {
    captioned.push_back({picture, prompts.front(), {prompts.begin() + 1, prompts.end()}});
  }
  return captioned_latents(folder, "latents", captioned, tokens, mirrored, autoencoder, tokenizer);
}

}  // namespace ersatz::train
