// Pictures and captions as a latent diffusion model learns from them, encoded once: the Gaussian
// that the autoencoder makes of every picture, and the token ids of its captions.
//
// A folder of shards, latents-00000.safetensors and so on, and index.json, which is written last
// and holds the digest of every shard. Training reads the shards mapped into memory.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/json.h"
#include "models/weights/weights.h"

namespace ersatz::train {

// Names inside shards and index; see latent_cache_builder.cpp for who writes them.
namespace latent_cache {
inline constexpr const char* kIndex = "index.json";
inline constexpr const char* kMean = "mean";                   // float16 [n, C, h, w]
inline constexpr const char* kLogVariance = "log_variance";    // float16 [n, C, h, w]
inline constexpr const char* kMirror = "mirror";               // int32 [n]: row, -1 for none
inline constexpr const char* kMirroredMean = "mirrored_mean";  // float16 [m, C, h, w]
inline constexpr const char* kMirroredLogVariance = "mirrored_log_variance";
inline constexpr const char* kFirstCaption = "first_caption";  // int32 [n + 1]: rows of `ids`
inline constexpr const char* kIds = "ids";                     // int32 [captions, L]
}  // namespace latent_cache

class LatentCache {
 public:
  // Opens a finished cache and verifies every shard against its digest. `key` is what its content
  // depends on, as given to build_latent_cache. Throws Error::missing when there is no finished
  // cache, Error::usage naming the first setting that differs, Error::digest_mismatch for a changed
  // shard, Error::untrusted for malformed content.
  LatentCache(const std::filesystem::path& folder, const core::Json& key);

  std::int64_t size() const { return size_; }                        // pictures
  const std::vector<std::int64_t>& shape() const { return shape_; }  // [C, h, w] of a latent
  std::int64_t tokens() const { return tokens_; }                    // ids of a caption
  std::int64_t largest_id() const { return largest_id_; }
  double scaling_factor() const { return scaling_factor_; }  // of the autoencoder

  std::int64_t captions(std::int64_t index) const;
  // Whether the cache holds the picture's mirror image: only where no caption speaks of sides.
  bool has_mirror(std::int64_t index) const;

  // Copies mean and log-variance [C, h, w] of a picture, in this order, to `mean` and
  // `log_variance` as float32; of its mirror image where asked for. Any thread.
  void latent(std::int64_t index, bool mirrored, float* mean, float* log_variance) const;
  // Copies the ids of a caption.
  void ids(std::int64_t index, std::int64_t caption, std::int64_t* ids) const;

 private:
  struct Shard {
    std::int64_t first = 0, count = 0;
    models::Weights file;  // keeps the mapping alive
    torch::Tensor mean, log_variance, mirror, mirrored_mean, mirrored_log_variance, first_caption,
        ids;
  };
  Shard open_shard(const std::filesystem::path& file, std::int64_t first, std::int64_t count);
  const Shard& shard_of(std::int64_t index) const;

  std::int64_t size_ = 0, shard_size_ = 0, tokens_ = 0, largest_id_ = 0;
  std::vector<std::int64_t> shape_;
  double scaling_factor_ = 1;
  std::vector<Shard> shards_;
};

}  // namespace ersatz::train
