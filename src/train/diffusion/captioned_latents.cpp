#include "train/diffusion/captioned_latents.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/digest.h"
#include "core/error.h"
#include "core/progress.h"
#include "train/diffusion/latent_cache_builder.h"

namespace ersatz::train {

namespace {

constexpr std::int64_t kPicturesPerFile = 8;  // what an interruption loses at most
constexpr std::int64_t kPixelsAtOnce = 512 * 512;

std::string digest_of_ids(const std::vector<data::CaptionedImage>& pictures, std::int64_t tokens,
                          const generate::ClipTokenizer& tokenizer) {
  core::Sha256 digest;
  const auto add = [&](const std::string& caption) {
    digest.update(
        fmt::format("{}\n", fmt::join(tokenizer.tokenize_padded(caption, tokens).ids, " ")));
  };
  for (const data::CaptionedImage& picture : pictures) {
    add(picture.caption);
    for (const std::string& caption : picture.paraphrases) add(caption);
    digest.update("\n");
  }
  return digest.hex();
}

}  // namespace

LatentCache captioned_latents(const std::filesystem::path& folder, const std::string& what,
                              const std::vector<data::CaptionedImage>& pictures,
                              std::int64_t tokens, bool mirrored, models::Autoencoder& autoencoder,
                              const generate::ClipTokenizer& tokenizer) {
  const auto count = static_cast<std::int64_t>(pictures.size());
  if (count == 0) throw core::Error::usage("there is no picture to learn from");
  const core::Json key = {{"pictures", digest_of(pictures)},
                          {"prompts", digest_of_ids(pictures, tokens, tokenizer)},
                          {"mirrored", mirrored},
                          {"autoencoder", module_digest(autoencoder)}};
  LatentCacheContent content;
  content.images = [&](std::int64_t index) { return pictures[static_cast<std::size_t>(index)]; };
  content.count = count;
  content.tokens = tokens;
  content.mirrored = mirrored;
  core::Progress progress(what, count, "image");
  LatentCacheBuild build;
  build.shard_size = kPicturesPerFile;
  const data::RgbImage& first = pictures.front().image;
  const std::int64_t pixels = std::int64_t{first.width} * first.height;
  build.batch_size = std::clamp(kPixelsAtOnce / std::max<std::int64_t>(pixels, 1), std::int64_t{1},
                                kPicturesPerFile);
  build.progress = &progress;
  build_latent_cache(folder, key, content, autoencoder, tokenizer, build);
  return {folder, key};
}

std::string digest_of(const std::vector<data::CaptionedImage>& pictures) {
  core::Sha256 digest;
  for (const data::CaptionedImage& picture : pictures) {
    digest.update(fmt::format("{}x{}\n", picture.image.width, picture.image.height));
    digest.update(picture.image.pixels.data(), picture.image.pixels.size());
    digest.update(picture.caption + "\n");
    for (const std::string& caption : picture.paraphrases) digest.update(caption + "\n");
  }
  return digest.hex();
}

}  // namespace ersatz::train
