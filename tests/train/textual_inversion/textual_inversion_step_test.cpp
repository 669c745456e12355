#include "train/textual_inversion/textual_inversion_step.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/optim.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "core/json.h"
#include "models/diffusion/network_fixture.h"
#include "models/safetensors.h"
#include "support/test_support.h"
#include "train/adamw.h"

namespace ersatz::train {
namespace {

using models::largest_difference;

constexpr double kTolerance = 1e-5, kGradientTolerance = 1e-7;

struct Networks {
  std::shared_ptr<models::ClipText> text_encoder;
  std::shared_ptr<models::UNet> unet;
};

// Trains as diffusers' script does and compares loss, gradient and vectors step by step.
void expect_recorded_training(const Networks& networks, const models::NamedTensors& recorded,
                              std::int64_t initialiser, bool velocity) {
  generate::SchedulerConfig schedule;
  schedule.prediction = velocity ? generate::Prediction::kVelocity : generate::Prediction::kEpsilon;
  const generate::TrainingNoise noise(schedule, torch::kCPU);
  const DiffusionBatch batch = {recorded.at("latents"), recorded.at("noise"),
                                recorded.at("timesteps"), recorded.at("input_ids")};
  EXPECT_LE(largest_difference(noise.add_noise(batch.latents, batch.noise, batch.timesteps),
                               recorded.at("noisy")),
            1e-6);
  // The placeholder follows the vocabulary.
  const std::int64_t placeholder = networks.text_encoder->config().vocabulary;
  ASSERT_TRUE((batch.ids == placeholder).any().item<bool>());

  // The recorded `init_embedding` shares memory with the table that was trained: it is the vector
  // after the last step.
  torch::Tensor vectors = networks.text_encoder->token_table()[initialiser].clone().unsqueeze(0);
  AdamOptions options;
  options.weight_decay = 1e-2;
  AdamW optimiser({{"vectors", vectors, true}}, options);
  const torch::Tensor losses = recorded.at("losses_before_each_step");
  const torch::Tensor after = recorded.at("adamw_embedding_after_step");
  for (std::int64_t step = 0; step < losses.size(0); ++step) {
    const TextualInversionLoss result = textual_inversion_step(
        *networks.text_encoder, *networks.unet, noise, batch, {placeholder}, vectors);
    EXPECT_LE(largest_difference(result.loss, losses[step]), kTolerance) << "step " << step;
    if (step == after.size(0)) {
      // For the same reason the recorded gradient is that of the last pass. It is small: the
      // tolerance of the loss would let much pass.
      EXPECT_LE(largest_difference(result.gradient, recorded.at("grad_placeholder").unsqueeze(0)),
                kGradientTolerance);
      break;
    }
    vectors.mutable_grad() = result.gradient;
    optimiser.step(5e-4);
    EXPECT_LE(largest_difference(vectors[0], after[step]), kTolerance) << "step " << step;
  }
}

class RecordedTraining : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedTraining, LossGradientAndStepsEqualThoseOfDiffusers) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  const std::string name = GetParam();
  const std::filesystem::path model = fixtures / "models" / name;
  const std::filesystem::path file = fixtures / "train" / (name + "_textual_inversion.safetensors");
  expect_recorded_training({models::load_clip_text(model), models::load_unet(model)},
                           models::load_safetensors(file).tensors,
                           core::read_json(fixtures / "train" / (name + "_textual_inversion.json"))
                               .at("initializer_id")
                               .get<std::int64_t>(),
                           name == "sd2mini");
}

INSTANTIATE_TEST_SUITE_P(Models, RecordedTraining, ::testing::Values("tiny", "sd15mini", "sd2mini"),
                         [](const auto& test) { return std::string(test.param); });

TEST(TextualInversionStep, EqualsDiffusersOnTheCommittedFixture) {
  for (const auto& [name, seed] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"sd15mini", 200}, {"sd2mini", 300}}) {
    const std::filesystem::path folder = test::fixture("diffusion_networks");
    const auto calibrated = models::load_safetensors(folder / (name + ".safetensors")).tensors;
    const auto text_config = folder / (name + "_text_encoder_config.json");
    const auto unet_config = folder / (name + "_unet_config.json");
    Networks networks = {std::make_shared<models::ClipText>(models::parse_clip_text_config(
                             core::read_json(text_config), text_config)),
                         std::make_shared<models::UNet>(
                             models::parse_unet_config(core::read_json(unet_config), unet_config))};
    models::fill_by_recipe(*networks.text_encoder, seed + 1, calibrated, "text_encoder.");
    models::fill_by_recipe(*networks.unet, seed + 2, calibrated, "unet.");
    const auto file = test::fixture("textual_inversion") / (name + ".safetensors");
    expect_recorded_training(networks, models::load_safetensors(file).tensors, 580,
                             name == "sd2mini");
  }
}

TEST(TextualInversionStep, GradientsOfSeveralVectorsEqualFiniteDifferences) {
  torch::manual_seed(3);
  models::ClipTextConfig text;
  text.vocabulary = 20;
  text.hidden = 8;
  text.intermediate = 16;
  text.layers = 2;
  text.heads = 2;
  text.positions = 7;
  models::UNetConfig image;
  image.block_channels = {8, 16};
  image.down_attention = {true, false};
  image.up_attention = {false, true};
  image.layers_per_block = 1;
  image.cross_attention_dim = 8;
  image.heads = {2, 2};
  image.norm_groups = 4;
  models::ClipText text_encoder(text);
  models::UNet unet(image);
  models::fill_by_recipe(text_encoder, 1, {}, "");
  models::fill_by_recipe(unet, 2, {}, "");
  text_encoder.to(torch::kFloat64);
  unet.to(torch::kFloat64);

  const auto real = torch::kFloat64;
  const DiffusionBatch batch = {
      torch::randn({2, 4, 8, 8}, real), torch::randn({2, 4, 8, 8}, real),
      torch::tensor({100, 700}, torch::kInt64),
      torch::tensor({{1, 20, 21, 5, 2}, {1, 3, 21, 2, 2}}, torch::kInt64)};
  const generate::TrainingNoise noise({}, torch::kCPU);
  const torch::Tensor vectors = torch::randn({2, 8}, real), direction = torch::randn({2, 8}, real);
  const auto at = [&](double distance) {
    return textual_inversion_step(text_encoder, unet, noise, batch, {20, 21},
                                  vectors + distance * direction);
  };
  const TextualInversionLoss here = at(0);
  ASSERT_EQ(here.gradient.sizes(), vectors.sizes());
  constexpr double kDistance = 1e-4;
  const double slope = (at(kDistance).loss - at(-kDistance).loss).item<double>() / (2 * kDistance);
  EXPECT_NEAR((here.gradient * direction).sum().item<double>(), slope,
              1e-5 * std::max(std::abs(slope), 1e-3));
  EXPECT_FALSE(vectors.requires_grad());
  EXPECT_GT(here.gradient.abs().sum(1).min().item<double>(), 0);
}

TEST(AdamW, DecaysBesideTheGradient) {
  torch::manual_seed(5);
  torch::Tensor own = torch::randn({7}), still = torch::randn({3});
  torch::Tensor reference = own.clone().set_requires_grad(true);
  const torch::Tensor still_before = still.clone();
  AdamOptions options;
  options.weight_decay = 0.1;
  AdamW adamw({{"a", own, true}, {"b", still, true}}, options);
  torch::optim::AdamW expected({reference}, torch::optim::AdamWOptions(1e-2).weight_decay(0.1));
  for (int step = 0; step < 5; ++step) {
    const torch::Tensor gradient = torch::randn({7});
    own.mutable_grad() = gradient.clone();
    reference.mutable_grad() = gradient.clone();
    adamw.step(1e-2);
    expected.step();
    EXPECT_LE(largest_difference(own, reference), 1e-6);
  }
  EXPECT_TRUE(torch::equal(still, still_before)) << "a parameter without a gradient stays";
  EXPECT_EQ(adamw.updates(), 5);
}

}  // namespace
}  // namespace ersatz::train
