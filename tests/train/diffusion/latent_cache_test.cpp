#include "train/diffusion/latent_cache.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>

#include "core/file_system.h"
#include "support/test_support.h"
#include "train/diffusion/latent_fixture.h"
#include "train/diffusion/painted_discs.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;
using test::SmallLatents;

// The picture as the autoencoder sees it.
torch::Tensor picture(const data::RgbImage& image) {
  const torch::Tensor bytes =
      torch::tensor(std::vector<int>(image.pixels.begin(), image.pixels.end()), torch::kFloat32);
  return (bytes.view({1, image.height, image.width, 3}).permute({0, 3, 1, 2}) / 127.5 - 1);
}

torch::Tensor cached_mean(const LatentCache& cache, std::int64_t index, bool mirrored) {
  const torch::Tensor mean = torch::empty(cache.shape()), other = torch::empty(cache.shape());
  cache.latent(index, mirrored, mean.data_ptr<float>(), other.data_ptr<float>());
  return mean;
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

void flip_a_bit(const fs::path& file) {
  std::string bytes = core::read_file(file);
  bytes[bytes.size() - 40] = static_cast<char>(bytes[bytes.size() - 40] ^ 2);
  core::write_file_atomic(file, bytes);
}

TEST(LatentCache, HoldsWhatTheAutoencoderMakesOfEveryPicture) {
  const torch::NoGradGuard no_grad;
  const test::TemporaryFolder folder;
  const data::CaptionedImages images = test::captioned_discs(1);
  SmallLatents latents(folder.path(), images, 12, /*mirrored=*/true);
  const LatentCache& cache = latents.cache();
  EXPECT_EQ(cache.size(), 12);
  EXPECT_EQ(cache.shape(), (std::vector<std::int64_t>{4, 8, 8}));
  EXPECT_EQ(cache.scaling_factor(), 0.7);
  double mirror_matters = 0;  // a disc in the middle is its own mirror image
  for (std::int64_t i = 0; i < 12; ++i) {
    const data::CaptionedImage image = images(i);
    const torch::Tensor seen = picture(image.image);
    const auto expected = latents.autoencoder().encode(seen);
    // float16 keeps eleven bits.
    EXPECT_LE(largest_difference(cached_mean(cache, i, false), expected.mean[0]), 3e-3) << i;
    EXPECT_EQ(cache.has_mirror(i), i % 3 != 0) << i;
    if (cache.has_mirror(i)) {
      const torch::Tensor mirrored = latents.autoencoder().encode(seen.flip(3)).mean[0];
      EXPECT_LE(largest_difference(cached_mean(cache, i, true), mirrored), 3e-3) << i;
      mirror_matters = std::max(mirror_matters,
                                largest_difference(cached_mean(cache, i, true), expected.mean[0]));
    }
    ASSERT_EQ(cache.captions(i), i % 3 == 1 ? 3 : 1) << i;
    std::vector<std::int64_t> ids(static_cast<std::size_t>(cache.tokens()));
    cache.ids(i, 0, ids.data());
    EXPECT_EQ(ids, latents.tokenizer().tokenize_padded(image.caption, cache.tokens()).ids) << i;
    if (i % 3 == 1) {
      cache.ids(i, 2, ids.data());
      EXPECT_EQ(ids, latents.tokenizer().tokenize_padded(image.paraphrases[1], cache.tokens()).ids);
    }
  }
  EXPECT_GT(mirror_matters, 0.05);
  EXPECT_EQ(cache.largest_id(), latents.tokenizer().eos());
}

TEST(LatentCache, WithoutMirrorImagesThereAreNone) {
  const test::TemporaryFolder folder;
  SmallLatents latents(folder.path(), test::captioned_discs(1), 3);
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_FALSE(latents.cache().has_mirror(i));
}

TEST(SpeaksOfSides, FindsWholeWords) {
  for (const char* caption : {"a car driving to the left", "LEFT", "on its right.", "Right-hand"}) {
    EXPECT_TRUE(speaks_of_sides(caption)) << caption;
  }
  for (const char* caption : {"", "bright light", "a leftover orange", "copyright", "an upright"}) {
    EXPECT_FALSE(speaks_of_sides(caption)) << caption;
  }
}

// Everything about building that a folder, a key and a content decide.
class CacheBuilder : public ::testing::Test {
 protected:
  void build(const core::Json& key) {
    LatentCacheContent content;
    content.images = [this](std::int64_t index) {
      ++drawn_;
      return test::captioned_discs(2)(index);
    };
    content.count = 12;
    content.tokens = test::kCaptionTokens;
    LatentCacheBuild how;
    how.shard_size = 5;
    build_latent_cache(folder_.path(), key, content, *autoencoder_, tokenizer_, how);
  }
  int drawn_now() { return drawn_.exchange(0); }
  fs::path shard(int number) const {
    return folder_ / ("latents-0000" + std::to_string(number) + ".safetensors");
  }

  test::TemporaryFolder folder_, tokens_;
  std::shared_ptr<models::Autoencoder> autoencoder_ = test::small_autoencoder(1);
  generate::ClipTokenizer tokenizer_ = test::byte_tokenizer(tokens_.path());
  std::atomic<int> drawn_{0};
};

TEST_F(CacheBuilder, FinishedShardsAreKept) {
  build({{"a", 1}});
  EXPECT_EQ(drawn_now(), 12);
  build({{"a", 1}});
  EXPECT_EQ(drawn_now(), 0);
  fs::remove(shard(1));
  build({{"a", 1}});
  EXPECT_EQ(drawn_now(), 5);
  build({{"a", 2}});
  EXPECT_EQ(drawn_now(), 12);
}

TEST_F(CacheBuilder, ADamagedShardIsRefusedByTrainingAndMadeAgainByEncoding) {
  build({{"a", 1}});
  const std::string before = core::read_file(shard(2));
  flip_a_bit(shard(2));
  EXPECT_ERSATZ_ERROR(LatentCache(folder_.path(), {{"a", 1}}), core::ExitCode::kDigestMismatch,
                      "latents-00002");
  drawn_now();
  build({{"a", 1}});
  EXPECT_EQ(drawn_now(), 2);
  EXPECT_EQ(core::read_file(shard(2)), before);
  EXPECT_EQ(LatentCache(folder_.path(), {{"a", 1}}).size(), 12);
}

TEST_F(CacheBuilder, AnUnfinishedOrForeignCacheIsRefused) {
  EXPECT_ERSATZ_ERROR(LatentCache(folder_.path(), {{"a", 1}}), core::ExitCode::kMissing,
                      "index.json");
  build({{"a", 1}});
  EXPECT_ERSATZ_ERROR(LatentCache(folder_.path(), {{"a", 2}}), core::ExitCode::kUsage,
                      "'a' is 1 there and 2 here");
  core::Json index = core::read_json(folder_ / "index.json");
  index["shape"] = {4, 8, 9};
  core::write_json(folder_ / "index.json", index);
  EXPECT_ERSATZ_ERROR(LatentCache(folder_.path(), {{"a", 1}}), core::ExitCode::kUntrustedData,
                      "mean");
  index.erase("shape");
  core::write_json(folder_ / "index.json", index);
  EXPECT_ERSATZ_ERROR(LatentCache(folder_.path(), {{"a", 1}}), core::ExitCode::kUntrustedData,
                      "shape");
}

TEST_F(CacheBuilder, PicturesThatCannotBeEncodedAreNamed) {
  LatentCacheContent content;
  content.images = [](std::int64_t index) {
    return test::painted_disc(1, index, index == 7 ? 18 : 16);
  };
  content.count = 9;
  EXPECT_ERSATZ_ERROR(
      build_latent_cache(folder_.path(), {{"a", 1}}, content, *autoencoder_, tokenizer_, {}),
      core::ExitCode::kUsage, "picture 7 is of 18x18");
  {
    const torch::NoGradGuard no_grad;
    autoencoder_->parameters().front().fill_(NAN);
  }
  content.images = test::captioned_discs(1);
  EXPECT_ERSATZ_ERROR(
      build_latent_cache(folder_.path(), {{"a", 1}}, content, *autoencoder_, tokenizer_, {}),
      core::ExitCode::kNumeric, "pictures 0 to 8");
}

TEST(ModuleDigest, SeesEveryWeight) {
  const auto autoencoder = test::small_autoencoder(1);
  const std::string before = module_digest(*autoencoder);
  EXPECT_EQ(module_digest(*test::small_autoencoder(1)), before);
  EXPECT_NE(module_digest(*test::small_autoencoder(2)), before);
  const torch::NoGradGuard no_grad;
  autoencoder->parameters().back().view({-1})[0].add_(1e-6);
  EXPECT_NE(module_digest(*autoencoder), before);
}

}  // namespace
}  // namespace ersatz::train
