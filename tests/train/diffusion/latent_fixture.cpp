#include "train/diffusion/latent_fixture.h"

#include <torch/types.h>
#include <torch/utils.h>

#include "models/diffusion/architecture.h"
#include "models/diffusion/byte_vocabulary.h"
#include "models/diffusion/model_loading.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "train/diffusion/painted_discs.h"

namespace ersatz::test {

data::CaptionedImages captioned_discs(std::uint64_t seed) {
  return [seed](std::int64_t index) {
    data::CaptionedImage image = painted_disc(seed, index, 16);
    if (index % 3 == 0) image.caption += " on the Left.";
    if (index % 3 == 1) {
      const std::string number = std::to_string(index);
      image.paraphrases = {"a painted disc, " + number, "picture " + number};
    }
    return image;
  };
}

std::shared_ptr<models::Autoencoder> small_autoencoder(std::uint64_t seed) {
  models::AutoencoderConfig config;
  config.block_channels = {8, 8};
  config.layers_per_block = 1;
  config.norm_groups = 4;
  config.scaling_factor = 0.7;
  auto autoencoder = std::make_shared<models::Autoencoder>(config);
  models::randomise(*autoencoder, seed, "test");
  // Like trained ones, its latents have little noise of their own.
  const torch::NoGradGuard no_grad;
  autoencoder->named_parameters()["quant_conv.weight"].narrow(0, 4, 4).zero_();
  autoencoder->named_parameters()["quant_conv.bias"].narrow(0, 4, 4).fill_(-4);
  models::freeze(*autoencoder);
  return autoencoder;
}

generate::ClipTokenizer byte_tokenizer(const std::filesystem::path& folder) {
  models::write_byte_vocabulary(folder);
  return generate::ClipTokenizer::load(folder);
}

SmallLatents::SmallLatents(const std::filesystem::path& folder, const data::CaptionedImages& images,
                           std::int64_t count, bool mirrored)
    : tokenizer_(byte_tokenizer(folder / "tokenizer")), autoencoder_(small_autoencoder(1)) {
  key_ = {{"pictures", count}, {"autoencoder", train::module_digest(*autoencoder_)}};
  train::LatentCacheContent content;
  content.images = images;
  content.count = count;
  content.tokens = kCaptionTokens;
  content.mirrored = mirrored;
  train::LatentCacheBuild build;
  build.shard_size = 5;
  build.batch_size = 3;
  train::build_latent_cache(folder / "latents", key_, content, *autoencoder_, tokenizer_, build);
  cache_ = std::make_unique<train::LatentCache>(folder / "latents", key_);
}

std::vector<std::int64_t> SmallLatents::empty_caption() const {
  return tokenizer_.tokenize_padded("", kCaptionTokens).ids;
}

train::LatentDiffusionTraining small_training(std::int64_t steps) {
  train::LatentDiffusionTraining training;
  training.unet.sample_size = 8;
  training.unet.block_channels = {32, 32};
  training.unet.down_attention = {true, false};
  training.unet.up_attention = {false, true};
  training.unet.layers_per_block = 1;
  training.unet.cross_attention_dim = 16;
  training.unet.heads = {2, 2};
  training.unet.transformer_layers = {1, 1};
  training.unet.norm_groups = 8;
  training.text.vocabulary = models::kByteVocabularySize;
  training.text.hidden = 16;
  training.text.intermediate = 32;
  training.text.layers = 1;
  training.text.heads = 2;
  training.scheduler = models::standard_scheduler("epsilon");
  training.steps = steps;
  training.batch_size = 4;
  training.learning_rate.base = 1e-3;
  training.learning_rate.warmup_steps = 2;
  return training;
}

train::LatentDiffusionRun run_in(const std::filesystem::path& folder,
                                 std::int64_t checkpoint_every) {
  train::LatentDiffusionRun how;
  how.run.checkpoint_folder = folder / "checkpoints";
  how.run.metrics_file = folder / "metrics.jsonl";
  how.run.seed = 5;
  how.run.checkpoint_every = checkpoint_every;
  how.run.log_every = 3;
  how.copies = 2;
  return how;
}

}  // namespace ersatz::test
