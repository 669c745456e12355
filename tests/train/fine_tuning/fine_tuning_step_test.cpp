#include "train/fine_tuning/fine_tuning_step.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "models/diffusion/trainable.h"
#include "models/module_state.h"
#include "support/test_support.h"
#include "train/diffusion/captioned_latents.h"
#include "train/fine_tuning/fine_tuning_fixture.h"

namespace ersatz::train {
namespace {

constexpr std::uint64_t kSeed = 5;

class FineTuning : public ::testing::Test {
 protected:
  std::unique_ptr<FineTuningStep> step(const FineTuningTraining& training, std::int64_t copies,
                                       bool prior = true) {
    return std::make_unique<FineTuningStep>(model_.networks(), own_, prior ? &class_ : nullptr,
                                            empty_, training, kSeed, BatchShare{copies, nullptr});
  }
  LatentCache latents(const char* name, const std::vector<data::CaptionedImage>& pictures) {
    return captioned_latents(folder_ / name, name, pictures, 77, true,
                             *model_.networks().autoencoder, tokenizer_);
  }

  test::TemporaryFolder folder_;
  test::SmallModel model_{folder_.path()};
  generate::ClipTokenizer tokenizer_ = model_.tokenizer();
  std::vector<std::int64_t> empty_ = tokenizer_.tokenize_padded("", 77).ids;
  FineTuningPictures pictures_ = test::disc_pictures(true);
  LatentCache own_ = latents("own", pictures_.instance);
  LatentCache class_ = latents("class", pictures_.prior);
};

FineTuningTraining divided(FineTuningTraining training, std::int64_t batch,
                           std::int64_t accumulation) {
  training.batch_size = batch;
  training.accumulation = accumulation;
  return training;
}

TEST_F(FineTuning, BatchesHoldThePicturesAndAsManyOfTheClass) {
  FineTuningBatches both(own_, &class_, empty_, 6, 1000, kSeed);
  FineTuningBatches alone(own_, nullptr, empty_, 6, 1000, kSeed);
  const std::vector<std::int64_t> own = tokenizer_.tokenize_padded("a q disc", 77).ids;
  const std::vector<std::int64_t> of_class = tokenizer_.tokenize_padded("a disc", 77).ids;
  const DiffusionBatch batch = both.batch(2, 1, 4), plain = alone.batch(2, 1, 4);
  ASSERT_EQ(batch.ids.size(0), 8);
  for (std::int64_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(torch::equal(batch.ids[i], torch::tensor(i < 4 ? own : of_class))) << i;
  }
  // The first half is what there is without the second, which has noise and timesteps of its own.
  EXPECT_TRUE(torch::equal(batch.latents.narrow(0, 0, 4), plain.latents));
  EXPECT_TRUE(torch::equal(batch.noise.narrow(0, 0, 4), plain.noise));
  EXPECT_TRUE(torch::equal(batch.timesteps.narrow(0, 0, 4), plain.timesteps));
  EXPECT_FALSE(torch::equal(batch.noise.narrow(0, 4, 4), plain.noise));
  EXPECT_FALSE(torch::equal(batch.timesteps.narrow(0, 4, 4), plain.timesteps));
}

// diffusers' loop, written with libtorch's optimiser.
TEST_F(FineTuning, DreamBoothEqualsAdamWWithClippedGradients) {
  FineTuningTraining training = test::small_dreambooth(3);
  training.train_text_encoder = true;
  training.prior_weight = 0.5;
  test::TemporaryFolder other_folder;
  test::SmallModel other(other_folder.path());
  ASSERT_EQ(other.digest(), model_.digest());
  models::set_trainable(*other.networks().unet, true);
  models::set_trainable(*other.networks().text_encoder, true);
  std::vector<torch::Tensor> parameters = other.networks().unet->parameters();
  for (const torch::Tensor& parameter : other.networks().text_encoder->parameters()) {
    parameters.push_back(parameter);
  }
  torch::optim::AdamW adamw(parameters, torch::optim::AdamWOptions(1e-3).weight_decay(1e-2));
  FineTuningBatches batches(own_, &class_, empty_, 4, 1000, kSeed);
  const generate::TrainingNoise noise(
      generate::parse_scheduler_config(other.networks().scheduler, ""), torch::kCPU);

  const auto learned = step(training, 1);
  for (std::int64_t i = 0; i < 3; ++i) {
    adamw.zero_grad();
    const DiffusionBatch batch = batches.batch(i, 0, 4);
    const torch::Tensor context = other.networks().text_encoder->forward(batch.ids).last_hidden;
    const torch::Tensor noisy = noise.add_noise(batch.latents, batch.noise, batch.timesteps);
    const torch::Tensor answer =
        other.networks().unet->forward(noisy, batch.timesteps.to(torch::kFloat32), context);
    const torch::Tensor loss =
        torch::mse_loss(answer.narrow(0, 0, 4), batch.noise.narrow(0, 0, 4)) +
        0.5 * torch::mse_loss(answer.narrow(0, 4, 4), batch.noise.narrow(0, 4, 4));
    loss.backward();
    torch::nn::utils::clip_grad_norm_(parameters, 1.0);
    adamw.step();
    EXPECT_NEAR(learned->update(i, 1e-3).total.item<double>(), loss.item<double>(), 1e-5) << i;
  }
  const torch::NoGradGuard no_grad;
  for (const auto& [network, expected] :
       {std::pair<std::string, models::NamedTensors>{"unet/",
                                                     models::module_state(*other.networks().unet)},
        {"text_encoder/", models::module_state(*other.networks().text_encoder)}}) {
    for (const auto& [name, weight] : expected) {
      const auto found = learned->trained().find(network + name);
      if (found == learned->trained().end()) continue;  // a buffer
      EXPECT_LE((found->second - weight).abs().max().item<double>(), 1e-4) << network << name;
    }
  }
}

TEST_F(FineTuning, HowAStepIsDividedChangesNothingButRounding) {
  for (FineTuningTraining training : {test::small_dreambooth(1), test::small_lora(1)}) {
    training.train_text_encoder = true;
    torch::Tensor moment;
    double loss = 0;
    const char* name = training.lora ? "adam/m/unet/mid_block.attentions.0.transformer_blocks.0."
                                       "attn2.to_v/up"
                                     : "adam/m/unet/conv_in.weight";
    for (const auto& [batch, accumulation, copies] :
         {std::tuple{6, 1, 1}, {6, 1, 2}, {6, 1, 4}, {2, 3, 2}, {1, 6, 1}}) {
      const auto learned = step(divided(training, batch, accumulation), copies);
      const std::string before = model_.digest();
      const models::NamedTensors begin = learned->state();
      const double here = learned->update(0, 1e-3).total.item<double>();
      const torch::Tensor own = learned->state().at(name);
      if (!moment.defined()) {
        moment = own;
        loss = here;
      }
      EXPECT_NEAR(here, loss, 1e-5 * loss);
      EXPECT_LE((own - moment).abs().max().item<double>(), 1e-4 * moment.abs().max().item<double>())
          << batch << " " << accumulation << " " << copies;
      learned->load(begin, 0, "begin");
      EXPECT_EQ(model_.digest(), before);
    }
  }
}

TEST_F(FineTuning, OnlyWhatIsTrainedChanges) {
  const auto digest = [&](const torch::nn::Module& module) {
    std::string text;
    for (const auto& [name, tensor] : models::module_state(module)) {
      text += name + std::to_string(tensor.sum().item<double>());
    }
    return text;
  };
  models::StableDiffusion& model = model_.networks();
  const std::string whole = model_.digest();
  for (const bool text_encoder : {false, true}) {
    FineTuningTraining training = test::small_lora(1);
    training.train_text_encoder = text_encoder;
    const auto learned = step(training, 2);
    const models::NamedTensors before = learned->state();
    for (std::int64_t i = 0; i < 3; ++i) learned->update(i, 1e-2);
    for (const auto& [name, tensor] : learned->trained()) {
      EXPECT_FALSE(torch::equal(tensor.detach(), before.at("trained/" + name))) << name;
    }
    EXPECT_EQ(model_.digest(), whole) << "a weight of the model has changed";
  }
  const std::string text = digest(*model.text_encoder), vae = digest(*model.autoencoder);
  const models::NamedTensors before = models::module_state(*model.unet);
  step(test::small_dreambooth(1), 2)->update(0, 1e-3);
  EXPECT_EQ(digest(*model.text_encoder), text);
  EXPECT_EQ(digest(*model.autoencoder), vae);
  for (const auto& [name, tensor] : models::module_state(*model.unet)) {
    EXPECT_FALSE(torch::equal(tensor, before.at(name))) << name;
  }
  for (const torch::Tensor& parameter : model.unet->parameters()) {
    EXPECT_FALSE(parameter.requires_grad());
  }
}

TEST_F(FineTuning, TheLossOfSamplesLearnedByHeartFalls) {
  for (const FineTuningTraining& training : {test::small_dreambooth(1), test::small_lora(1)}) {
    const auto learned = step(training, 2);
    const double rate = training.learning_rate.base;
    // The same pictures, noise and timesteps at every step.
    const FineTuningLosses before = learned->update(0, rate);
    FineTuningLosses after = before;
    for (int i = 0; i < 40; ++i) after = learned->update(0, rate);
    EXPECT_LT(after.total.item<double>(), 0.9 * before.total.item<double>());
    EXPECT_NEAR(after.total.item<double>(),
                after.instance.item<double>() + after.prior.item<double>(), 1e-5);
  }
}

TEST_F(FineTuning, LayersInBfloat16LearnInFloat) {
  for (FineTuningTraining training : {test::small_lora(1), test::small_dreambooth(1)}) {
    torch::Tensor gradients[2];
    double losses[2];
    for (const int rounded : {0, 1}) {
      training.dtype = rounded == 1 ? "bf16" : "fp32";
      const auto learned = step(training, 2);
      const models::NamedTensors begin = learned->state();
      losses[rounded] = learned->update(0, 1e-3).total.item<double>();
      std::vector<torch::Tensor> all;
      for (const auto& [name, tensor] : learned->state()) {
        EXPECT_EQ(tensor.scalar_type(), torch::kFloat32) << name;
        if (name.compare(0, 7, "adam/m/") == 0) all.push_back(tensor.flatten());
      }
      gradients[rounded] = torch::cat(all);
      learned->load(begin, 0, "begin");
    }
    EXPECT_NEAR(losses[1], losses[0], 0.02 * losses[0]);
    EXPECT_GT(torch::cosine_similarity(gradients[0], gradients[1], 0).item<double>(), 0.95);
  }
}

TEST_F(FineTuning, StateOfAnotherTrainingIsRefused) {
  const auto learned = step(test::small_lora(1), 1);
  models::NamedTensors state = learned->state();
  state.erase(std::string("trained/") + learned->trained().begin()->first);
  EXPECT_ERSATZ_ERROR(learned->load(state, 0, "c.safetensors"), core::ExitCode::kUntrustedData,
                      "c.safetensors");
}

}  // namespace
}  // namespace ersatz::train
