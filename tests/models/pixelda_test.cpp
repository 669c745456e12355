#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <tuple>

#include "models/parameter_count.h"
#include "models/pixelda_discriminator.h"
#include "models/pixelda_generator.h"
#include "models/pixelda_task_tower.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

PixelDaOptions tiny() {
  PixelDaOptions options;
  options.generator_filters = 4;
  options.residual_blocks = 2;
  options.discriminator_filters = 4;
  options.task_filters = 3;
  options.task_hidden_units = 8;
  return options;
}

// Counted by hand from the layers of the published configuration.
TEST(PixelDa, PublishedSizes) {
  const std::int64_t noise = 10 * 784 + 784, first = 2 * 9 * 64 + 64;
  const std::int64_t block = 2 * (64 * 9 * 64 + 64);
  EXPECT_EQ(parameter_count(PixelDaGenerator({}, 1)), noise + first + 6 * block + 64 + 1);
  EXPECT_EQ(parameter_count(PixelDaDiscriminator({}, 1)),
            (9 * 64 + 64) + (64 * 9 * 128 + 128) + (128 * 9 * 256 + 256) + (256 * 9 * 512 + 512) +
                (512 * 16 + 1));
  const std::int64_t private_layers = (9 * 32 + 32) + (32 * 9 * 64 + 64);
  EXPECT_EQ(parameter_count(PixelDaTaskTower({}, 1)),
            2 * private_layers + (64 * 9 * 128 + 128) + (128 * 9 * 100 + 100) + (100 * 10 + 10));
}

TEST(PixelDa, GeneratorShapesAndRange) {
  PixelDaGenerator generator(tiny(), 1);
  const torch::Tensor images = torch::rand({5, 1, 28, 28}) * 2 - 1;
  const torch::Tensor noise = torch::rand({5, 10}) * 2 - 1;
  const torch::Tensor out = generator.forward(images, noise, Statistics::kBatch);
  EXPECT_EQ(out.sizes(), images.sizes());
  EXPECT_LE(out.abs().max().item<float>(), 1.0F);
  EXPECT_FALSE(torch::equal(out, generator.forward(images, -noise, Statistics::kBatch)))
      << "the noise must matter";
}

TEST(PixelDa, DiscriminatorAndTowerShapes) {
  PixelDaDiscriminator discriminator(tiny(), 1);
  PixelDaTaskTower tower(tiny(), 1);
  const torch::Tensor images = torch::rand({5, 1, 28, 28}) * 2 - 1;
  EXPECT_EQ(discriminator.forward(images, 1).sizes(), (std::vector<std::int64_t>{5, 1}));
  EXPECT_FALSE(torch::equal(discriminator.forward(images, 1), discriminator.forward(images, 2)));
  tower.eval();
  const torch::Tensor source = tower.forward(images, TaskDomain::kSource, 1);
  EXPECT_EQ(source.sizes(), (std::vector<std::int64_t>{5, 10}));
  EXPECT_FALSE(torch::equal(source, tower.forward(images, TaskDomain::kTransferred, 1)))
      << "source and transferred images have private layers";
}

TEST(PixelDa, EveryParameterGetsAGradient) {
  PixelDaGenerator generator(tiny(), 1);
  PixelDaDiscriminator discriminator(tiny(), 1);
  PixelDaTaskTower tower(tiny(), 1);
  const torch::Tensor images = torch::rand({6, 1, 28, 28}) * 2 - 1;
  const torch::Tensor fake =
      generator.forward(images, torch::rand({6, 10}) * 2 - 1, Statistics::kBatchAndUpdate);
  const torch::Tensor loss = discriminator.forward(fake, 1).sum() +
                             tower.forward(fake, TaskDomain::kTransferred, 1).sum() +
                             tower.forward(images, TaskDomain::kSource, 2).sum();
  loss.backward();
  for (const torch::nn::Module* module :
       std::initializer_list<const torch::nn::Module*>{&generator, &discriminator, &tower}) {
    for (const auto& parameter : module->named_parameters()) {
      ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
      EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
    }
  }
}

TEST(PixelDa, GeneratorFileRoundTrip) {
  const test::TemporaryFolder folder;
  PixelDaGenerator generator(tiny(), 7);
  const torch::Tensor images = torch::rand({8, 1, 28, 28}) * 2 - 1;
  const torch::Tensor noise = torch::rand({8, 10}) * 2 - 1;
  generator.forward(images, noise, Statistics::kBatchAndUpdate);  // moves the running statistics
  save_pixelda_generator(folder / "g.safetensors", generator);
  const auto read = load_pixelda_generator(folder / "g.safetensors");
  EXPECT_TRUE(torch::equal(read->forward(images, noise, Statistics::kRunning),
                           generator.forward(images, noise, Statistics::kRunning)));
}

TEST(PixelDa, RefusesGeneratorsThatAreNotOfTheSizeTheyState) {
  const test::TemporaryFolder folder;
  save_pixelda_generator(folder / "g", PixelDaGenerator(tiny(), 7));
  const Safetensors good = load_safetensors(folder / "g");
  for (const auto& [key, value, message] :
       {std::tuple{"image_size", "29", "'noise_weight' is not there with the shape"},
        {"noise_dimensions", "11", "'noise_weight' is not there with the shape"},
        {"generator_filters", "17", "'first_weight' is not there with the shape"},
        {"residual_blocks", "9", "_first_weight' is not there with the shape"},
        {"generator_filters", "0", "generator_filters"}}) {
    auto metadata = good.metadata;
    metadata[key] = value;
    save_safetensors(folder / "g", good.tensors, metadata);
    EXPECT_ERSATZ_ERROR(load_pixelda_generator(folder / "g"), core::ExitCode::kUntrustedData,
                        message);
  }
}

TEST(PixelDa, RefusesImpossibleOptions) {
  PixelDaOptions options = tiny();
  options.discriminator_keep = 0;
  EXPECT_ERSATZ_ERROR(PixelDaDiscriminator(options, 1), core::ExitCode::kUsage,
                      "discriminator_keep");
  options = tiny();
  options.generator_filters = 0;
  EXPECT_ERSATZ_ERROR(PixelDaGenerator(options, 1), core::ExitCode::kUsage, "generator_filters");
}

}  // namespace
}  // namespace ersatz::models
