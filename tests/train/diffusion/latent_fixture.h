// A small latent cache of painted discs, and networks small enough to be trained on it in seconds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/captioned_image.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/autoencoder.h"
#include "train/diffusion/latent_cache.h"
#include "train/diffusion/latent_cache_builder.h"
#include "train/diffusion/latent_diffusion_trainer.h"

namespace ersatz::test {

// Discs of 16 px with captions that differ from picture to picture: picture 3 k speaks of sides,
// picture 3 k + 1 has two paraphrases.
data::CaptionedImages captioned_discs(std::uint64_t seed);

// Random weights, two pixels per latent: pictures of 16 px become latents of 8x8.
std::shared_ptr<models::Autoencoder> small_autoencoder(std::uint64_t seed);

// The byte-level tokenizer, written into `folder`.
generate::ClipTokenizer byte_tokenizer(const std::filesystem::path& folder);

class SmallLatents {
 public:
  // Encodes `count` pictures of `images` into `folder`.
  SmallLatents(const std::filesystem::path& folder, const data::CaptionedImages& images,
               std::int64_t count, bool mirrored = false);

  const train::LatentCache& cache() const { return *cache_; }
  const core::Json& key() const { return key_; }
  const generate::ClipTokenizer& tokenizer() const { return tokenizer_; }
  models::Autoencoder& autoencoder() { return *autoencoder_; }
  std::vector<std::int64_t> empty_caption() const;

 private:
  generate::ClipTokenizer tokenizer_;
  std::shared_ptr<models::Autoencoder> autoencoder_;
  core::Json key_;
  std::unique_ptr<train::LatentCache> cache_;
};

inline constexpr std::int64_t kCaptionTokens = 24;

// A UNet of two levels with attention, and a text encoder of one layer.
train::LatentDiffusionTraining small_training(std::int64_t steps);

train::LatentDiffusionRun run_in(const std::filesystem::path& folder,
                                 std::int64_t checkpoint_every = 4);

}  // namespace ersatz::test
