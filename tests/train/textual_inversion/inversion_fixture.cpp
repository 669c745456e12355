#include "train/textual_inversion/inversion_fixture.h"

#include "models/diffusion/model_loading.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "train/diffusion/latent_cache_builder.h"
#include "train/diffusion/latent_fixture.h"
#include "train/diffusion/painted_discs.h"

namespace ersatz::test {

SmallModel::SmallModel(const std::filesystem::path& folder) : tokenizer_(folder / "tokenizer") {
  byte_tokenizer(tokenizer_);
  const train::LatentDiffusionTraining shape = small_training(1);
  networks_.unet = std::make_shared<models::UNet>(shape.unet);
  networks_.text_encoder = std::make_shared<models::ClipText>(shape.text);
  networks_.autoencoder = small_autoencoder(1);
  models::randomise(*networks_.unet, 2, "test");
  models::randomise(*networks_.text_encoder, 3, "test");
  models::freeze(*networks_.unet);
  models::freeze(*networks_.text_encoder);
  networks_.scheduler = shape.scheduler;
}

generate::ClipTokenizer SmallModel::tokenizer() const {
  return generate::ClipTokenizer::load(tokenizer_);
}

std::string SmallModel::digest() const {
  return train::module_digest(*networks_.unet) + train::module_digest(*networks_.text_encoder) +
         train::module_digest(*networks_.autoencoder);
}

train::ConceptImages discs(std::int64_t count, std::uint64_t seed) {
  train::ConceptImages images;
  for (std::int64_t i = 0; i < count; ++i) {
    images.pictures.push_back(painted_disc(seed, i, 16).image);
    images.names.push_back("disc " + std::to_string(i));
  }
  return images;
}

train::TextualInversionTraining small_inversion(std::int64_t steps, std::int64_t vectors) {
  train::TextualInversionTraining training;
  training.token = "<x>";
  training.initializer = "a";
  training.vectors = vectors;
  training.templates = {"a {}", "one {} here"};
  training.steps = steps;
  training.batch_size = 4;
  training.learning_rate.base = 2e-2;
  return training;
}

train::TextualInversionRun inversion_in(const std::filesystem::path& folder) {
  train::TextualInversionRun how;
  how.run.checkpoint_folder = folder / "checkpoints";
  how.run.metrics_file = folder / "metrics.jsonl";
  how.run.seed = 5;
  how.run.checkpoint_every = 4;
  how.run.log_every = 3;
  how.model = "0123abcd";
  how.model_name = "small";
  how.copies = 2;
  return how;
}

}  // namespace ersatz::test
