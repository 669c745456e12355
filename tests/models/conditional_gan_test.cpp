#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "core/json.h"
#include "models/conditional_gan_discriminator.h"
#include "models/conditional_gan_generator.h"
#include "models/parameter_count.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

ConditionalGanOptions tiny() {
  ConditionalGanOptions options;
  options.classes = 3;
  options.label_dimensions = 5;
  options.latent_dimensions = 7;
  options.generator_filters = 16;
  options.discriminator_filters = 16;
  return options;
}

const std::vector<std::string> kNames = {"dress", "hat", "t-shirt"};

// A parameter of the module in double precision.
torch::Tensor parameter(const torch::nn::Module& module, const std::string& name) {
  return module.named_parameters()[name].detach().to(torch::kDouble);
}

torch::Tensor channel_of_class(const torch::nn::Module& module, const torch::Tensor& labels,
                               std::int64_t side) {
  return torch::linear(parameter(module, "embedding").index_select(0, labels),
                       parameter(module, "label_weight"), parameter(module, "label_bias"))
      .view({-1, 1, side, side});
}

// Counted from the layers of the tutorial.
TEST(ConditionalGan, PublishedSizes) {
  EXPECT_EQ(parameter_count(ConditionalGanGenerator({}, 1)),
            10 * 50 + (50 * 49 + 49) + (100 * 6272 + 6272) + (129 * 16 * 128 + 128) +
                (128 * 16 * 128 + 128) + (49 * 128 + 1));
  EXPECT_EQ(parameter_count(ConditionalGanDiscriminator({}, 1)),
            10 * 50 + (50 * 784 + 784) + (2 * 9 * 128 + 128) + (128 * 9 * 128 + 128) + (6272 + 1));
}

TEST(ConditionalGan, GeneratorEqualsItsLayersInDoublePrecision) {
  torch::manual_seed(1);
  ConditionalGanGenerator generator(tiny(), 4);
  const torch::Tensor noise = torch::randn({6, 7});
  const torch::Tensor labels = torch::tensor({0, 2, 1, 1, 0, 2}, torch::kInt64);
  const auto p = [&](const char* name) { return parameter(generator, name); };
  torch::Tensor x = torch::linear(noise.to(torch::kDouble), p("noise_weight"), p("noise_bias"));
  // Keras's Reshape((7, 7, filters)): height, width, channel.
  x = torch::leaky_relu(x, 0.2).view({6, 7, 7, 16}).permute({0, 3, 1, 2});
  x = torch::cat({x, channel_of_class(generator, labels, 7)}, 1);
  x = torch::leaky_relu(torch::conv_transpose2d(x, p("up1_weight"), p("up1_bias"), 2, 1), 0.2);
  x = torch::leaky_relu(torch::conv_transpose2d(x, p("up2_weight"), p("up2_bias"), 2, 1), 0.2);
  x = torch::tanh(torch::conv2d(x, p("output_weight"), p("output_bias"), 1, 3));
  const torch::Tensor made = generator.forward(noise, labels);
  EXPECT_EQ(made.sizes(), (std::vector<std::int64_t>{6, 1, 28, 28}));
  EXPECT_LT((made.detach().to(torch::kDouble) - x).abs().max().item<double>(), 1e-5);
  EXPECT_GT(x.abs().max().item<double>(), 1e-3);
}

// Keras: zeros below and on the right, the picture as it is.
TEST(ConditionalGan, DiscriminatorEqualsKerasWithItsKernelsTurned) {
  torch::manual_seed(2);
  ConditionalGanDiscriminator discriminator(tiny(), 4);
  discriminator.eval();
  const torch::Tensor images = torch::rand({4, 1, 28, 28}) * 2 - 1;
  const torch::Tensor labels = torch::tensor({2, 0, 1, 2}, torch::kInt64);
  const auto p = [&](const char* name) { return parameter(discriminator, name); };
  const auto halve = [&](const torch::Tensor& in, const char* weight, const char* bias) {
    const torch::Tensor padded = torch::constant_pad_nd(in, {0, 1, 0, 1});
    return torch::leaky_relu(torch::conv2d(padded, p(weight).flip({2, 3}), p(bias), 2), 0.2);
  };
  torch::Tensor x = torch::cat(
      {images.to(torch::kDouble), channel_of_class(discriminator, labels, 28).flip({2, 3})}, 1);
  x = halve(halve(x, "down1_weight", "down1_bias"), "down2_weight", "down2_bias");
  ASSERT_EQ(x.sizes(), (std::vector<std::int64_t>{4, 16, 7, 7}));
  x = x.flip({2, 3}).permute({0, 2, 3, 1}).reshape({4, -1});
  const torch::Tensor wanted = torch::linear(x, p("output_weight"), p("output_bias"));
  const torch::Tensor logits = discriminator.forward(images, labels).detach();
  EXPECT_EQ(logits.sizes(), (std::vector<std::int64_t>{4, 1}));
  EXPECT_LT((logits.to(torch::kDouble) - wanted).abs().max().item<double>(), 1e-5);
}

TEST(ConditionalGan, DropoutOnlyWhenTraining) {
  torch::manual_seed(3);
  ConditionalGanDiscriminator discriminator(tiny(), 1);
  const torch::Tensor images = torch::rand({2, 1, 28, 28});
  const torch::Tensor labels = torch::zeros({2}, torch::kInt64);
  discriminator.train();
  const auto logits = [&](std::uint64_t key) {
    return discriminator.forward(images, labels, key).detach();
  };
  EXPECT_TRUE(torch::equal(logits(1), logits(1)));
  EXPECT_FALSE(torch::equal(logits(1), logits(2)));
  discriminator.eval();
  EXPECT_TRUE(torch::equal(logits(1), logits(2)));
}

TEST(ConditionalGan, InitialWeightsAreKeras) {
  const ConditionalGanGenerator generator({}, 3);
  const auto parameters = generator.named_parameters();
  const auto bound = [&](const char* name) { return parameters[name].abs().max().item<double>(); };
  EXPECT_LE(bound("embedding"), 0.05);
  EXPECT_GT(bound("embedding"), 0.045);
  EXPECT_EQ(bound("up1_bias"), 0);
  // sqrt(6 / ((in + out) * field)).
  EXPECT_NEAR(bound("up2_weight"), std::sqrt(6.0 / (256 * 16)), 1e-4);
  EXPECT_NEAR(bound("noise_weight"), std::sqrt(6.0 / 6372), 1e-4);
  EXPECT_LE(bound("noise_weight"), std::sqrt(6.0 / 6372));
}

TEST(ConditionalGan, FilesDescribeThemselves) {
  const test::TemporaryFolder folder;
  ConditionalGanOptions options = tiny();
  options.leakiness = 0.3;
  ConditionalGanGenerator generator(options, 5);
  save_conditional_gan_generator(folder / "g", generator, kNames);
  const LoadedGenerator loaded = load_conditional_gan_generator(folder / "g");
  EXPECT_EQ(loaded.class_names, kNames);
  EXPECT_EQ(loaded.network->options().leakiness, 0.3);
  const torch::Tensor noise = torch::ones({1, 7}), label = torch::ones({1}, torch::kInt64);
  EXPECT_TRUE(torch::equal(loaded.network->forward(noise, label), generator.forward(noise, label)));

  ConditionalGanDiscriminator discriminator(options, 5);
  save_conditional_gan_discriminator(folder / "d", discriminator);
  const auto read = load_conditional_gan_discriminator(folder / "d");
  discriminator.eval();
  const torch::Tensor image = torch::ones({1, 1, 28, 28});
  EXPECT_TRUE(torch::equal(read->forward(image, label), discriminator.forward(image, label)));
  EXPECT_ERSATZ_ERROR(load_conditional_gan_generator(folder / "d"), core::ExitCode::kUntrustedData,
                      "conditional-gan-discriminator");
  EXPECT_ERSATZ_ERROR(load_conditional_gan_generator(folder / "none"), core::ExitCode::kMissing,
                      "none");
}

TEST(ConditionalGan, DishonestFilesAreRefusedBeforeTheyTakeMemory) {
  const test::TemporaryFolder folder;
  save_conditional_gan_generator(folder / "g", ConditionalGanGenerator(tiny(), 5), kNames);
  const Safetensors honest = load_safetensors(folder / "g");
  const auto refused = [&](const char* key, const char* value, const char* text) {
    auto metadata = honest.metadata;
    metadata[key] = value;
    save_safetensors(folder / "bad", honest.tensors, metadata);
    EXPECT_ERSATZ_ERROR(load_conditional_gan_generator(folder / "bad"),
                        core::ExitCode::kUntrustedData, text);
  };
  refused("generator_filters", "900000", "noise_weight");
  refused("latent_dimensions", "900000", "noise_weight");
  refused("label_dimensions", "900000", "embedding");
  refused("leakiness", "2", "leakiness = 2");
  refused("class_names", "[\"dress\"]", "does not name 3 classes");
  refused("class_names", "dress", "does not name 3 classes");
}

// Pictures are stored by the names of their classes.
TEST(ConditionalGan, ClassesThatCannotBeNamesOfFilesAreRefused) {
  const test::TemporaryFolder folder;
  const ConditionalGanGenerator generator(tiny(), 5);
  save_conditional_gan_generator(folder / "g", generator, {"dress", "trägerkleid", "t-shirt"});
  EXPECT_EQ(load_conditional_gan_generator(folder / "g").class_names[1], "trägerkleid");
  const Safetensors honest = load_safetensors(folder / "g");
  const std::vector<std::string> names = {"../../pwn/x",
                                          "/tmp/abs",
                                          "a/b",
                                          "a\\b",
                                          "",
                                          "..",
                                          ".",
                                          ".hidden",
                                          "new\nline",
                                          "\x7f",
                                          "hat",
                                          "\xc2\x85",
                                          std::string("nul\0", 4),
                                          std::string(201, 'a')};
  for (const std::string& name : names) {
    auto metadata = honest.metadata;
    metadata["class_names"] = core::Json({"hat", name, "shoe"}).dump();
    save_safetensors(folder / "bad", honest.tensors, metadata);
    EXPECT_ERSATZ_ERROR(load_conditional_gan_generator(folder / "bad"),
                        core::ExitCode::kUntrustedData, "class_names");
    EXPECT_ERSATZ_ERROR(
        save_conditional_gan_generator(folder / "new", generator, {"hat", name, "shoe"}),
        core::ExitCode::kUsage, "names of classes");
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "new"));
  EXPECT_ERSATZ_ERROR(
      save_conditional_gan_generator(folder / "new", generator, {"hat", "\xff", "shoe"}),
      core::ExitCode::kUsage, "cannot be the name of a file");
}

TEST(ConditionalGan, RefusesOptionsThatMakeNoNetwork) {
  ConditionalGanOptions options = tiny();
  options.classes = 0;
  EXPECT_ERSATZ_ERROR(ConditionalGanGenerator(options, 1), core::ExitCode::kUsage, "classes = 0");
  options = tiny();
  options.discriminator_dropout = 1;
  EXPECT_ERSATZ_ERROR(ConditionalGanDiscriminator(options, 1), core::ExitCode::kUsage,
                      "discriminator_dropout = 1");
}

}  // namespace
}  // namespace ersatz::models
