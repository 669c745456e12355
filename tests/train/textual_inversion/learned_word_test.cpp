// A model that has learned two pictures under two names is given a third name for one of them.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "generate/diffusion/prompt_encoder.h"
#include "generate/diffusion/schedulers/noise_training.h"
#include "models/diffusion/model_loading.h"
#include "models/module_state.h"
#include "support/test_support.h"
#include "train/diffusion/latent_fixture.h"
#include "train/textual_inversion/concept_latents.h"
#include "train/textual_inversion/inversion_fixture.h"

namespace ersatz::train {
namespace {

// Captions "one" and "two".
data::CaptionedImages two_pictures() {
  return [](std::int64_t index) {
    data::CaptionedImage image = test::captioned_discs(3)(index + 4);
    image.caption = index == 0 ? "one" : "two";
    image.paraphrases.clear();
    return image;
  };
}

// The mean loss of the picture in `cache` at random timesteps, with what a prompt says.
double loss_with(models::StableDiffusion& model, const LatentCache& cache,
                 const generate::PromptEncoder& encoder, const std::string& prompt) {
  const torch::NoGradGuard no_grad;
  const generate::TrainingNoise noise(generate::parse_scheduler_config(model.scheduler, ""),
                                      torch::kCPU);
  DiffusionBatchOptions options;
  options.step_size = 200;
  options.sampling = TimestepSampling::kStratified;
  DiffusionBatches batches(cache, std::vector<std::int64_t>(77, 0), options, 77);
  const DiffusionBatch batch = batches.batch(0, 0, options.step_size);
  const torch::Tensor context = encoder.encode({prompt}).hidden.expand({200, -1, -1});
  const torch::Tensor noisy = noise.add_noise(batch.latents, batch.noise, batch.timesteps);
  const torch::Tensor answer =
      model.unet->forward(noisy, batch.timesteps.to(torch::kFloat32), context);
  return torch::mse_loss(answer, batch.noise).item<double>();
}

TEST(LearnedWord, DescribesThePictureAsWellAsTheWordItWasTrainedWith) {
  const test::TemporaryFolder folder;
  test::SmallModel model(folder.path());
  models::StableDiffusion& networks = model.networks();
  {
    test::SmallLatents latents(folder / "two", two_pictures(), 2);
    LatentDiffusionTraining training = test::small_training(300);
    training.batch_size = 16;
    training.learning_rate = {ScheduleKind::kCosine, 3e-3, 0, 0, 20};
    training.average.decay = 0.98;
    training.timesteps = TimestepSampling::kStratified;
    train_latent_diffusion(latents.cache(), latents.key(), latents.empty_caption(), training,
                           test::run_in(folder / "run", 1000), folder.path());
  }
  models::load_module_state(*networks.unet, models::load_safetensors(folder / kUNetWeights).tensors,
                            folder / kUNetWeights);
  models::load_module_state(*networks.text_encoder,
                            models::load_safetensors(folder / kTextEncoderWeights).tensors,
                            folder / kTextEncoderWeights);

  for (const char* wanted : {"one", "two"}) {
    const test::TemporaryFolder out;
    const ConceptImages images = {{two_pictures()(wanted[0] == 't').image}, {wanted}};
    TextualInversionTraining inversion = test::small_inversion(120, 2);
    inversion.templates = {"{}"};
    inversion.mirrored = false;
    inversion.batch_size = 8;
    inversion.learning_rate.base = 3e-2;
    TextualInversionRun how = test::inversion_in(out.path());
    how.run.checkpoint_every = how.snapshot_every = 1000;
    torch::Tensor first;
    how.on_snapshot = [&](const TextualInversionSnapshot& snapshot) {
      if (snapshot.step == 0) first = snapshot.embedding.vectors;
    };
    const TextualInversionResult result =
        train_textual_inversion(networks, model.tokenizer(), images, inversion, how, out.path());

    const LatentCache cache = concept_latents(out / "for-the-test", images, {wanted}, 77, false,
                                              *networks.autoencoder, model.tokenizer());
    generate::PromptEncoder encoder(networks.text_encoder, model.tokenizer());
    encoder.add_embedding(result.embedding);
    encoder.add_embedding({"<begin>", first});
    const double own = loss_with(networks, cache, encoder, wanted);
    const double other = loss_with(networks, cache, encoder, wanted[0] == 't' ? "one" : "two");
    const double learned = loss_with(networks, cache, encoder, "<x>");
    const double before = loss_with(networks, cache, encoder, "<begin>");
    const std::string numbers = "own " + std::to_string(own) + " other " + std::to_string(other) +
                                " learned " + std::to_string(learned) + " before " +
                                std::to_string(before);
    ::testing::Test::RecordProperty(wanted, numbers);
    // The two words mean something (where there is little noise the picture tells itself), and the
    // new one means its picture, not the other.
    ASSERT_LT(own, 0.95 * other) << numbers;
    EXPECT_LT(result.fixed_loss, result.fixed_loss_before);
    EXPECT_LT(learned, own + 0.25 * (other - own)) << numbers;
    EXPECT_GT(before - learned, 0.9 * (before - own)) << numbers;
  }
}

}  // namespace
}  // namespace ersatz::train
