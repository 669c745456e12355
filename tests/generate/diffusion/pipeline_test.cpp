// Sampling with small random networks, against the same mathematics written out plainly.
#include "generate/diffusion/pipeline.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <limits>

#include "core/signals.h"
#include "generate/diffusion/preview.h"
#include "generate/diffusion/random_model.h"
#include "generate/diffusion/trajectory_fixture.h"

namespace ersatz::generate {
namespace {

using test::max_difference;
using test::RandomModel;

SamplingRequest small_request() {
  SamplingRequest request;
  request.prompts = {"a red fox"};
  request.seeds = {5};
  request.width = 32;
  request.height = 24;
  request.scheduler.solver = Solver::kDdim;
  request.steps = 4;
  request.guidance = 3;
  return request;
}

// Share of the clean picture in the variance at timestep t: Ho et al. 2020 with the betas of
// Stable Diffusion.
double alpha_cumprod(std::int64_t t) {
  double product = 1;
  for (std::int64_t i = 0; i <= t; ++i) {
    const double root =
        std::sqrt(0.00085) + (std::sqrt(0.012) - std::sqrt(0.00085)) * static_cast<double>(i) / 999;
    product *= 1 - root * root;
  }
  return product;
}

torch::Tensor add_noise(const torch::Tensor& clean, const torch::Tensor& noise, std::int64_t t) {
  const double a = alpha_cumprod(t);
  return clean * std::sqrt(a) + noise * std::sqrt(1 - a);
}

// Song et al. 2021 (DDIM), equation 12 without noise, epsilon prediction.
torch::Tensor ddim_step(const torch::Tensor& sample, const torch::Tensor& noise, std::int64_t t,
                        std::int64_t previous) {
  const double a = alpha_cumprod(t);
  const torch::Tensor clean = (sample - noise * std::sqrt(1 - a)) / std::sqrt(a);
  return add_noise(clean, noise, std::max<std::int64_t>(previous, 0));
}

torch::Tensor normal(at::Generator& generator, std::vector<std::int64_t> shape) {
  return torch::randn(shape, generator, torch::kFloat32);
}

torch::Tensor call(RandomModel& random, const torch::Tensor& sample, std::int64_t t,
                   const std::string& prompt) {
  const torch::Tensor hidden = random.encoder.encode({prompt}).hidden;
  return random.model.unet->forward(sample, torch::full({1}, static_cast<double>(t)), hidden);
}

// A picture with some structure, [1, 3, H, W] in [-1, 1].
torch::Tensor picture(std::int64_t height, std::int64_t width) {
  const torch::Tensor y = torch::linspace(-1, 1, height).view({1, 1, height, 1});
  const torch::Tensor x = torch::linspace(-1, 1, width).view({1, 1, 1, width});
  return torch::cat({x * y, torch::sin(5 * x + y), torch::cos(4 * y) * x * 0}, 1);
}

// 1 in the right half.
torch::Tensor right_half(std::int64_t height, std::int64_t width) {
  torch::Tensor mask = torch::zeros({1, 1, height, width});
  mask.narrow(3, width / 2, width / 2).fill_(1);
  return mask;
}

TEST(Pipeline, TextToImageIsGuidedDdim) {
  RandomModel random("tiny");
  const torch::NoGradGuard no_grad;
  SamplingRequest request = small_request();
  request.negatives = {"blurred"};
  int calls = 0;
  request.on_step = [&](const SamplingStep& step) {
    EXPECT_EQ(step.index, calls++);
    EXPECT_EQ(step.total, 4);
  };
  const SamplingResult result = sample(random.model, random.encoder, request);
  EXPECT_EQ(calls, 4);

  at::Generator generator = at::detail::createCPUGenerator(5);
  torch::Tensor latents = normal(generator, {1, 4, 12, 16});
  for (const std::int64_t t : {751, 501, 251, 1}) {
    const torch::Tensor without = call(random, latents, t, "blurred");
    const torch::Tensor with = call(random, latents, t, "a red fox");
    latents = ddim_step(latents, without + (with - without) * 3, t, t - 250);
  }
  EXPECT_LE(max_difference(result.latents, latents), 1e-4);
  EXPECT_LE(max_difference(result.images,
                           random.model.autoencoder->decode(latents / 0.18215).clamp(-1, 1)),
            1e-4);
  EXPECT_GT(result.images.std().item<double>(), 0.01);
}

TEST(Pipeline, WithoutGuidanceTheNegativePromptHasNoPart) {
  RandomModel random("tiny");
  SamplingRequest request = small_request();
  request.guidance = 1;
  const torch::Tensor plain = sample(random.model, random.encoder, request).latents;
  request.negatives = {"blurred"};
  EXPECT_TRUE(torch::equal(sample(random.model, random.encoder, request).latents, plain));
  request.guidance = 1.5;
  EXPECT_FALSE(torch::equal(sample(random.model, random.encoder, request).latents, plain));
}

TEST(Pipeline, LatentsStayFloatWhateverTheNetworksComputeIn) {
  RandomModel random("tiny");
  SamplingRequest request = small_request();
  const SamplingResult exact = sample(random.model, random.encoder, request);
  random.model.unet->to(torch::kBFloat16);
  random.model.text_encoder->to(torch::kBFloat16);
  random.model.autoencoder->to(torch::kBFloat16);
  random.model.compute_type = torch::kBFloat16;
  const SamplingResult rounded = sample(random.model, random.encoder, request);
  EXPECT_EQ(rounded.latents.scalar_type(), torch::kFloat32);
  EXPECT_EQ(rounded.images.scalar_type(), torch::kFloat32);
  const double error = (rounded.latents - exact.latents).std().item<double>();
  EXPECT_GT(error, 0);
  EXPECT_LT(error, 0.05 * exact.latents.std().item<double>());
}

TEST(Pipeline, ImagesDoNotDependOnTheirBatch) {
  RandomModel random("tiny");
  SamplingRequest request = small_request();
  request.prompts = {"a red fox", "two blue birds", "a red fox"};
  request.seeds = {1, 2, std::numeric_limits<std::uint64_t>::max()};
  request.scheduler.solver = Solver::kEulerAncestral;
  const SamplingResult all = sample(random.model, random.encoder, request);
  double worst = 0;
  for (std::int64_t k = 0; k < 3; ++k) {
    SamplingRequest one = request;
    one.prompts = {request.prompts[static_cast<std::size_t>(k)]};
    one.seeds = {request.seeds[static_cast<std::size_t>(k)]};
    const SamplingResult single = sample(random.model, random.encoder, one);
    worst = std::max(worst, max_difference(single.images, all.images.narrow(0, k, 1)));
    EXPECT_LE(max_difference(single.latents, all.latents.narrow(0, k, 1)), 1e-5);
  }
  std::cout << "largest difference between alone and in a batch of 3: " << worst << "\n";
  EXPECT_LE(worst, 1e-5);
  EXPECT_GT(max_difference(all.latents[0], all.latents[2]), 0.1) << "other seed, other image";
}

TEST(Pipeline, RepeatsBitForBit) {
  RandomModel random("tiny");
  SamplingRequest request = small_request();
  request.seeds = {3, 4};
  const SamplingResult first = sample(random.model, random.encoder, request);
  const SamplingResult second = sample(random.model, random.encoder, request);
  EXPECT_TRUE(torch::equal(first.latents, second.latents));
  EXPECT_TRUE(torch::equal(first.images, second.images));
}

TEST(Pipeline, ImageToImageBeginsWithTheNoisedPicture) {
  RandomModel random("tiny");
  const torch::NoGradGuard no_grad;
  SamplingRequest request = small_request();
  request.init = InitImage{picture(24, 32), 0.5};
  std::vector<torch::Tensor> before;
  request.on_step = [&](const SamplingStep& step) { before.push_back(step.before); };
  sample(random.model, random.encoder, request);
  ASSERT_EQ(before.size(), 2U);

  at::Generator generator = at::detail::createCPUGenerator(5);
  const models::LatentDistribution encoded = random.model.autoencoder->encode(picture(24, 32));
  const torch::Tensor first = normal(generator, {1, 4, 12, 16});
  const torch::Tensor second = normal(generator, {1, 4, 12, 16});
  const torch::Tensor clean =
      (encoded.mean + torch::exp(encoded.log_variance / 2) * first) * 0.18215;
  EXPECT_LE(max_difference(before[0], add_noise(clean, second, 251)), 1e-4);
}

TEST(Pipeline, OnePictureServesTheBatch) {
  RandomModel random("tiny");
  SamplingRequest request = small_request();
  request.seeds = {8, 9};
  request.init = InitImage{picture(24, 32), 0.75};
  request.mask = InpaintMask{right_half(24, 32)};
  const SamplingResult both = sample(random.model, random.encoder, request);
  request.seeds = {9};
  const SamplingResult one = sample(random.model, random.encoder, request);
  EXPECT_LE(max_difference(one.latents, both.latents.narrow(0, 1, 1)), 1e-5);
}

TEST(Pipeline, MaskedBlendingKeepsThePicture) {
  RandomModel random("tiny");
  const torch::NoGradGuard no_grad;
  SamplingRequest request = small_request();
  request.init = InitImage{picture(24, 32), 1.0};
  request.mask = InpaintMask{right_half(24, 32)};
  std::vector<torch::Tensor> after;
  request.on_step = [&](const SamplingStep& step) {
    after.push_back(step.latents);
    EXPECT_TRUE(torch::equal(step.latents.narrow(3, 8, 8), step.stepped.narrow(3, 8, 8)));
  };
  const torch::Tensor latents = sample(random.model, random.encoder, request).latents;
  ASSERT_EQ(after.size(), 4U);

  at::Generator generator = at::detail::createCPUGenerator(5);
  const models::LatentDistribution encoded = random.model.autoencoder->encode(picture(24, 32));
  const torch::Tensor clean =
      encoded.sample(normal(generator, {1, 4, 12, 16})).mul(0.18215).narrow(3, 0, 8);
  const torch::Tensor noise = normal(generator, {1, 4, 12, 16}).narrow(3, 0, 8);
  EXPECT_LE(max_difference(after[0].narrow(3, 0, 8), add_noise(clean, noise, 501)), 1e-4);
  EXPECT_LE(max_difference(after[2].narrow(3, 0, 8), add_noise(clean, noise, 1)), 1e-4);
  EXPECT_LE(max_difference(latents.narrow(3, 0, 8), clean), 1e-5);
}

TEST(Pipeline, LegacyMaskIsSoft) {
  RandomModel random("tiny");
  SamplingRequest request = small_request();
  request.init = InitImage{picture(24, 32), 0.75};
  request.mask = InpaintMask{torch::full({1, 1, 24, 32}, 0.25), InpaintMode::kLegacy};
  const torch::Tensor quarter = sample(random.model, random.encoder, request).latents;
  request.mask->mask.fill_(0);
  const torch::Tensor kept = sample(random.model, random.encoder, request).latents;
  request.mask->mask.fill_(0.75);
  EXPECT_GT(max_difference(quarter, kept), 1e-3);
  EXPECT_GT(max_difference(quarter, sample(random.model, random.encoder, request).latents), 1e-3);
}

TEST(Pipeline, InpaintingNetworkSeesMaskAndMaskedPicture) {
  RandomModel random("tiny-inpaint");
  const torch::NoGradGuard no_grad;
  SamplingRequest request = small_request();
  request.guidance = 1;
  request.steps = 1;
  request.init = InitImage{picture(24, 32), 1.0};
  // Grey values below and above one half.
  request.mask = InpaintMask{right_half(24, 32) * 0.3 + 0.3};
  torch::Tensor output;
  request.on_step = [&](const SamplingStep& step) { output = step.model_output; };
  sample(random.model, random.encoder, request);

  at::Generator generator = at::detail::createCPUGenerator(5);
  const torch::Tensor latents = normal(generator, {1, 4, 12, 16});
  torch::Tensor masked = picture(24, 32).clone();
  masked.narrow(3, 16, 16).fill_(0);
  const torch::Tensor kept =
      random.model.autoencoder->encode(masked).sample(normal(generator, {1, 4, 12, 16})) * 0.18215;
  const torch::Tensor input = torch::cat({latents, right_half(12, 16), kept}, 1);
  EXPECT_LE(max_difference(output, call(random, input, 1, "a red fox")), 1e-4);
}

TEST(Pipeline, RecordedNoiseReplacesSeeds) {
  RandomModel random("tiny");
  SamplingRequest request = small_request();
  request.scheduler.solver = Solver::kEulerAncestral;
  const torch::Tensor seeded = sample(random.model, random.encoder, request).latents;
  at::Generator generator = at::detail::createCPUGenerator(5);
  request.seeds = {77};
  request.latents = normal(generator, {1, 4, 12, 16});
  for (int i = 0; i < 4; ++i) request.noise.push_back(normal(generator, {1, 4, 12, 16}));
  EXPECT_TRUE(torch::equal(sample(random.model, random.encoder, request).latents, seeded));
  request.noise.resize(1);
  EXPECT_ERSATZ_ERROR(sample(random.model, random.encoder, request), core::ExitCode::kUsage,
                      "more noise than the 1 recorded draws");
  request.noise = {torch::zeros({1, 4, 8, 8})};
  EXPECT_ERSATZ_ERROR(sample(random.model, random.encoder, request), core::ExitCode::kUsage,
                      "[1, 4, 8, 8], not [1, 4, 12, 16]");
}

torch::Tensor parameter(torch::nn::Module& module, const std::string& name) {
  return module.named_parameters()[name];
}

TEST(Pipeline, NanNamesStepAndLayer) {
  RandomModel random("tiny");
  SamplingRequest request = small_request();
  torch::Tensor weight = parameter(
      *random.model.unet, "down_blocks.1.attentions.0.transformer_blocks.0.ff.net.2.weight");
  request.on_step = [&](const SamplingStep& step) {
    if (step.index == 1) weight.data().view({-1})[3] = std::nanf("");
  };
  EXPECT_ERSATZ_ERROR(sample(random.model, random.encoder, request), core::ExitCode::kNumeric,
                      "step 2 (timestep 251): layer 'down_blocks.1.attentions.0");
}

TEST(Pipeline, NanOutsideTheNetworkIsNamedToo) {
  {
    RandomModel random("tiny");
    parameter(*random.model.text_encoder, "text_model.final_layer_norm.bias")
        .data()
        .fill_(std::nanf(""));
    EXPECT_ERSATZ_ERROR(sample(random.model, random.encoder, small_request()),
                        core::ExitCode::kNumeric, "text encoder");
  }
  {
    RandomModel random("tiny");
    parameter(*random.model.autoencoder, "decoder.conv_out.bias").data().fill_(HUGE_VALF);
    EXPECT_ERSATZ_ERROR(sample(random.model, random.encoder, small_request()),
                        core::ExitCode::kNumeric, "decoded picture 0");
  }
  RandomModel random("tiny");
  SamplingRequest request = small_request();
  request.init = InitImage{picture(24, 32), 0.5};
  parameter(*random.model.autoencoder, "quant_conv.bias").data().fill_(std::nanf(""));
  EXPECT_ERSATZ_ERROR(sample(random.model, random.encoder, request), core::ExitCode::kNumeric,
                      "encoded picture 0");
}

TEST(PipelineDeathTest, StopsBetweenStepsAfterASignal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        core::install_signal_handlers();
        RandomModel random("tiny");
        SamplingRequest request = small_request();
        int calls = 0;
        request.on_step = [&](const SamplingStep&) {
          if (++calls == 2) std::raise(SIGINT);
        };
        try {
          sample(random.model, random.encoder, request);
        } catch (const core::Interrupted& error) {
          std::_Exit(calls == 2 && error.exit_status() == 130 ? 7 : 8);
        }
        std::_Exit(9);
      },
      testing::ExitedWithCode(7), "");
}

TEST(Pipeline, PreviewsAreSmallPictures) {
  RandomModel random("tiny");
  models::TinyAutoencoder decoder;
  models::randomise(decoder, 1, "preview");
  SamplingRequest request = small_request();
  request.decode = false;
  request.seeds = {1, 2};
  torch::Tensor preview;
  request.on_step = [&](const SamplingStep& step) { preview = preview_images(decoder, step); };
  const SamplingResult result = sample(random.model, random.encoder, request);
  EXPECT_FALSE(result.images.defined());
  ASSERT_EQ(preview.sizes(), torch::IntArrayRef({2, 96, 128, 3}));
  EXPECT_EQ(preview.scalar_type(), torch::kUInt8);
}

TEST(Pipeline, TilesMakeAlmostTheSamePicture) {
  RandomModel random("mini");
  SamplingRequest request = small_request();
  request.width = 8 * 44;
  request.height = 8 * 24;
  request.steps = 1;
  const torch::Tensor whole = sample(random.model, random.encoder, request).images;
  request.tiled_decode = true;
  const torch::Tensor tiled = sample(random.model, random.encoder, request).images;
  ASSERT_EQ(tiled.sizes(), whole.sizes());
  const double error = (tiled - whole).pow(2).mean().item<double>();
  const double variance = whole.var().item<double>();
  std::cout << "tiled decoding: error " << error << " of variance " << variance << "\n";
  EXPECT_GT(error, 0);
  EXPECT_LT(error, 0.05 * variance);
}

}  // namespace
}  // namespace ersatz::generate
