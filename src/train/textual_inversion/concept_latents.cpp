#include "train/textual_inversion/concept_latents.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/digest.h"
#include "core/error.h"
#include "core/log.h"
#include "train/diffusion/latent_cache_builder.h"

namespace ersatz::train {

namespace {

constexpr std::int64_t kPicturesPerFile = 8;  // what an interruption loses at most
constexpr std::int64_t kPixelsAtOnce = 512 * 512;

std::string digest_of_ids(const std::vector<std::string>& prompts, std::int64_t tokens,
                          const generate::ClipTokenizer& tokenizer) {
  core::Sha256 digest;
  for (const std::string& prompt : prompts) {
    digest.update(
        fmt::format("{}\n", fmt::join(tokenizer.tokenize_padded(prompt, tokens).ids, " ")));
  }
  return digest.hex();
}

}  // namespace

LatentCache concept_latents(const std::filesystem::path& folder, const ConceptImages& images,
                            const std::vector<std::string>& prompts, std::int64_t tokens,
                            bool mirrored, models::Autoencoder& autoencoder,
                            const generate::ClipTokenizer& tokenizer) {
  const auto count = static_cast<std::int64_t>(images.pictures.size());
  if (count == 0 || prompts.empty()) {
    throw core::Error::usage("a textual inversion needs at least one picture and one prompt");
  }
  if (mirrored && std::any_of(prompts.begin(), prompts.end(), speaks_of_sides)) {
    core::log_info("a template speaks of left or right: pictures are not mirrored");
  }
  const core::Json key = {{"pictures", digest_of(images)},
                          {"prompts", digest_of_ids(prompts, tokens, tokenizer)},
                          {"mirrored", mirrored},
                          {"autoencoder", module_digest(autoencoder)}};
  LatentCacheContent content;
  content.images = [&](std::int64_t index) {
    return data::CaptionedImage{images.pictures[static_cast<std::size_t>(index)],
                                prompts.front(),
                                {prompts.begin() + 1, prompts.end()}};
  };
  content.count = count;
  content.tokens = tokens;
  content.mirrored = mirrored;
  core::Progress progress("latents", count, "image");
  LatentCacheBuild build;
  build.shard_size = kPicturesPerFile;
  const data::RgbImage& first = images.pictures.front();
  const std::int64_t pixels = std::int64_t{first.width} * first.height;
  build.batch_size = std::clamp(kPixelsAtOnce / std::max<std::int64_t>(pixels, 1), std::int64_t{1},
                                kPicturesPerFile);
  build.progress = &progress;
  build_latent_cache(folder, key, content, autoencoder, tokenizer, build);
  return {folder, key};
}

}  // namespace ersatz::train
