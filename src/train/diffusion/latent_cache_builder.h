// Fills a latent cache (latent_cache.h): draws or reads pictures, encodes them, tokenizes captions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/progress.h"
#include "data/captioned_image.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/autoencoder.h"

namespace ersatz::train {

struct LatentCacheContent {
  data::CaptionedImages images;  // pictures 0 .. count - 1; all of one size
  std::int64_t count = 0;
  std::int64_t tokens = 77;  // ids of a caption: padded, and cut with a warning
  // Also encode the mirror image of every picture none of whose captions speaks of sides.
  bool mirrored = false;
};

struct LatentCacheBuild {
  std::int64_t shard_size = 1024;      // pictures of a file, and what an interruption loses at most
  std::int64_t batch_size = 32;        // pictures encoded at once
  core::Progress* progress = nullptr;  // counts pictures; may be null
};

// Writes the cache into `folder`. `key` is everything the content depends on (what the pictures
// are, digests of autoencoder and tokenizer); it is kept in the index and in every shard. Shards
// that are there already, whole and with this key, are kept: an interrupted or damaged cache is
// completed. `autoencoder` is frozen; it computes on its own device. Pictures are made on
// libtorch's threads. Stops between shards after a signal (Interrupted). Errors: Error::usage for
// a picture whose size the autoencoder cannot take or that differs from the others', Error::numeric
// for a latent that is not finite or too large for float16, Error::io.
void build_latent_cache(const std::filesystem::path& folder, const core::Json& key,
                        const LatentCacheContent& content, models::Autoencoder& autoencoder,
                        const generate::ClipTokenizer& tokenizer, const LatentCacheBuild& build);

// Whether a caption speaks of sides, as a word of its own: "left" or "right" in any case.
bool speaks_of_sides(std::string_view caption);

// SHA-256 over names, types, shapes and bytes of all parameters.
std::string module_digest(const torch::nn::Module& module);

}  // namespace ersatz::train
