#include "models/diffusion/unet.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/attention.h"
#include "models/diffusion/network_fixture.h"
#include "models/diffusion/trainable.h"

namespace ersatz::models {
namespace {

UNetConfig small() {
  UNetConfig config;
  config.block_channels = {8, 16};
  config.down_attention = {true, false};
  config.up_attention = {false, true};
  config.layers_per_block = 1;
  config.cross_attention_dim = 12;
  config.heads = {2, 4};
  config.transformer_layers = {1, 1};
  config.norm_groups = 4;
  return config;
}

struct Inputs {
  explicit Inputs(std::int64_t batch) {
    torch::manual_seed(3);
    sample = torch::randn({batch, 4, 6, 10});
    context = torch::randn({batch, 5, 12});
    times = torch::tensor({400.0});
  }
  torch::Tensor sample, context, times;
};

TEST(UNet, NamesOfParametersAreThoseOfDiffusers) {
  const UNet unet{UNetConfig{}};
  const auto parameters = unet.named_parameters();
  EXPECT_EQ(parameters.size(), 686U) << "tensors in the file of Stable Diffusion 1.5";
  const std::vector<std::pair<const char*, std::vector<std::int64_t>>> expected = {
      {"conv_in.weight", {320, 4, 3, 3}},
      {"time_embedding.linear_1.weight", {1280, 320}},
      {"down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0.weight", {320, 320}},
      {"down_blocks.0.attentions.1.transformer_blocks.0.attn2.to_k.weight", {320, 768}},
      {"down_blocks.0.attentions.0.transformer_blocks.0.ff.net.0.proj.weight", {2560, 320}},
      {"down_blocks.0.attentions.0.transformer_blocks.0.ff.net.2.bias", {320}},
      {"down_blocks.1.resnets.0.conv_shortcut.weight", {640, 320, 1, 1}},
      {"down_blocks.2.downsamplers.0.conv.weight", {1280, 1280, 3, 3}},
      {"mid_block.attentions.0.proj_in.weight", {1280, 1280, 1, 1}},
      {"up_blocks.0.upsamplers.0.conv.bias", {1280}},
      {"up_blocks.1.resnets.2.conv1.weight", {1280, 1920, 3, 3}},
      {"up_blocks.3.resnets.0.norm1.weight", {960}},
      {"conv_out.weight", {4, 320, 3, 3}}};
  for (const auto& [name, shape] : expected) {
    ASSERT_TRUE(parameters.contains(name)) << name;
    EXPECT_EQ(parameters[name].sizes(), shape) << name;
  }
  std::int64_t count = 0;
  for (const auto& parameter : parameters) count += parameter.value().numel();
  EXPECT_EQ(count, 859'520'964) << "the published size of Stable Diffusion 1.5's UNet";
}

TEST(UNet, CacheGivesTheSameAsContext) {
  const torch::NoGradGuard no_grad;
  UNet unet(small());
  fill_by_recipe(unet, 1, {}, "");
  const Inputs inputs(3);
  const torch::Tensor expected = unet.forward(inputs.sample, inputs.times, inputs.context);
  const CrossAttentionCache cache = unet.cross_attention_cache(inputs.context);
  EXPECT_EQ(cache.keys.size(), 4U);  // down, middle, two on the way up
  EXPECT_TRUE(torch::equal(unet.forward(inputs.sample, inputs.times, cache), expected));

  const torch::Tensor order = torch::tensor({2, 0}, torch::kInt64);
  const torch::Tensor chosen =
      unet.forward(inputs.sample.index_select(0, order), inputs.times, cache.select(order));
  EXPECT_LE(largest_difference(chosen, expected.index_select(0, order)), 1e-5);
}

TEST(UNet, OneTimestepForAllOrOneForEach) {
  const torch::NoGradGuard no_grad;
  UNet unet(small());
  fill_by_recipe(unet, 1, {}, "");
  const Inputs inputs(2);
  const torch::Tensor one = unet.forward(inputs.sample, inputs.times, inputs.context);
  const torch::Tensor each = unet.forward(inputs.sample, inputs.times.expand({2}), inputs.context);
  EXPECT_LE(largest_difference(one, each), 1e-5);
  EXPECT_GT(
      largest_difference(one, unet.forward(inputs.sample, torch::tensor({700.0}), inputs.context)),
      1e-3)
      << "the time must matter";
  EXPECT_THROW(unet.forward(inputs.sample, torch::zeros({3}), inputs.context), c10::Error);
}

TEST(UNet, TwoTransformerBlocksInARow) {
  const torch::NoGradGuard no_grad;
  UNetConfig config = small();
  config.transformer_layers = {1, 3};
  UNet unet(config);
  fill_by_recipe(unet, 1, {}, "");
  const Inputs inputs(1);
  EXPECT_EQ(unet.cross_attention_cache(inputs.context).keys.size(), 1U + 3U + 2U);
  EXPECT_TRUE(
      unet.forward(inputs.sample, inputs.times, inputs.context).isfinite().all().item<bool>());
}

class Watcher : public UNetObserver {
 public:
  void on_cross_attention(const CrossAttentionCall& call) override { calls.push_back(call); }
  void on_output(const std::string& name, const torch::Tensor& output) override {
    names.push_back(name);
    kept.push_back(output);
    copies.push_back(output.clone());
  }
  std::vector<CrossAttentionCall> calls;
  std::vector<std::string> names;
  std::vector<torch::Tensor> kept, copies;
};

// Without gradients memory is used again and the feed-forward layers take some rows at a time.
TEST(UNet, SavingMemoryChangesNoNumber) {
  UNet unet(small());
  fill_by_recipe(unet, 1, {}, "");
  const Inputs in(2);
  const torch::Tensor sample = torch::randn({2, 4, 36, 40});  // 2880 rows
  ASSERT_TRUE(torch::GradMode::is_enabled());
  const torch::Tensor usual = unet.forward(sample, in.times, in.context);
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::equal(unet.forward(sample, in.times, in.context), usual));
}

TEST(UNet, ObserverSeesEveryPartAndChangesNothing) {
  const torch::NoGradGuard no_grad;
  UNet unet(small());
  fill_by_recipe(unet, 1, {}, "");
  const Inputs inputs(2);
  const torch::Tensor expected = unet.forward(inputs.sample, inputs.times, inputs.context);
  Watcher watcher;
  const torch::Tensor watched = unet.forward(inputs.sample, inputs.times, inputs.context, &watcher);
  EXPECT_TRUE(torch::equal(watched, expected));
  const std::vector<std::string> names = {"time_proj",
                                          "time_embedding",
                                          "conv_in",
                                          "down_blocks.0.resnets.0",
                                          "down_blocks.0.attentions.0",
                                          "down_blocks.0.downsamplers.0",
                                          "down_blocks.0",
                                          "down_blocks.1.resnets.0",
                                          "down_blocks.1",
                                          "mid_block.resnets.0",
                                          "mid_block.attentions.0",
                                          "mid_block.resnets.1",
                                          "mid_block",
                                          "up_blocks.0.resnets.0",
                                          "up_blocks.0.resnets.1",
                                          "up_blocks.0.upsamplers.0",
                                          "up_blocks.0",
                                          "up_blocks.1.resnets.0",
                                          "up_blocks.1.attentions.0",
                                          "up_blocks.1.resnets.1",
                                          "up_blocks.1.attentions.1",
                                          "up_blocks.1",
                                          "conv_out"};
  EXPECT_EQ(watcher.names, names);
  for (std::size_t i = 0; i < watcher.kept.size(); ++i) {
    EXPECT_TRUE(torch::equal(watcher.kept[i], watcher.copies[i]))
        << watcher.names[i] << " was overwritten after it had been reported";
  }

  ASSERT_EQ(watcher.calls.size(), 4U);
  EXPECT_EQ(watcher.calls[0].name, "down_blocks.0.attentions.0.transformer_blocks.0.attn2");
  EXPECT_EQ(watcher.calls[1].name, "mid_block.attentions.0.transformer_blocks.0.attn2");
  EXPECT_EQ(watcher.calls[3].name, "up_blocks.1.attentions.1.transformer_blocks.0.attn2");
  EXPECT_EQ(watcher.calls[0].height, 6);
  EXPECT_EQ(watcher.calls[0].width, 10);
  EXPECT_EQ(watcher.calls[1].height, 3);
  EXPECT_EQ(watcher.calls[1].heads, 4);
  EXPECT_DOUBLE_EQ(watcher.calls[1].scale, 0.5);
  EXPECT_EQ(watcher.calls[0].query.sizes(), (std::vector<std::int64_t>{2, 60, 8}));
  EXPECT_EQ(watcher.calls[0].key.sizes(), (std::vector<std::int64_t>{2, 5, 8}));
}

TEST(UNet, WeightsKeptInHalfAreComputedInSingle) {
  const torch::NoGradGuard no_grad;
  UNet unet(small());
  fill_by_recipe(unet, 1, {}, "");
  const Inputs inputs(1);
  const torch::Tensor full = unet.forward(inputs.sample, inputs.times, inputs.context);
  unet.to(torch::kFloat16);
  const torch::Tensor half = unet.forward(inputs.sample, inputs.times, inputs.context);
  EXPECT_EQ(half.scalar_type(), torch::kFloat32);
  unet.to(torch::kFloat32);
  const torch::Tensor rounded = unet.forward(inputs.sample, inputs.times, inputs.context);
  EXPECT_LE(largest_difference(half, rounded), 1e-5);
  EXPECT_GT(largest_difference(half, full), 0.0);
  EXPECT_LE(largest_difference(half, full), 1e-2);
}

TEST(UNet, GradientsEqualFiniteDifferences) {
  UNetConfig config = small();
  config.upcast_attention = true;
  UNet unet(config);
  fill_by_recipe(unet, 5, {}, "");
  unet.to(torch::kFloat64);
  set_trainable(unet, true);
  Inputs inputs(2);
  const torch::Tensor times = torch::tensor({20.0, 900.0});
  torch::Tensor sample = inputs.sample.to(torch::kFloat64).set_requires_grad(true);
  torch::Tensor context = inputs.context.to(torch::kFloat64).set_requires_grad(true);
  const torch::Tensor weights = torch::randn({2, 4, 6, 10}, torch::kFloat64);
  const auto loss = [&] { return (unet.forward(sample, times, context) * weights).sum(); };
  loss().backward();

  std::vector<torch::Tensor> variables = unet.parameters();
  variables.push_back(sample);
  variables.push_back(context);
  const double step = 1e-6;
  for (torch::Tensor& variable : variables) {
    ASSERT_TRUE(variable.grad().defined()) << "a parameter without gradient";
    const torch::Tensor direction = torch::randn(variable.sizes(), torch::kFloat64);
    const double analytic = (variable.grad() * direction).sum().item<double>();
    const torch::NoGradGuard no_grad;
    variable.add_(direction, step);
    const double above = loss().item<double>();
    variable.sub_(direction, 2 * step);
    const double below = loss().item<double>();
    variable.add_(direction, step);
    const double numeric = (above - below) / (2 * step);
    EXPECT_NEAR(analytic, numeric, 1e-5 * std::max(1.0, std::abs(numeric))) << variable.sizes();
  }
}

TEST(UNet, ParametersTakeGradientsOnlyWhenAsked) {
  UNet unet(small());
  fill_by_recipe(unet, 5, {}, "");
  const Inputs inputs(1);
  EXPECT_FALSE(unet.forward(inputs.sample, inputs.times, inputs.context).requires_grad());
  set_trainable(unet, true);
  torch::Tensor single = unet.forward(inputs.sample, inputs.times, inputs.context);
  EXPECT_TRUE(single.requires_grad());
  const torch::NoGradGuard no_grad;
  EXPECT_LE(largest_difference(single, unet.forward(inputs.sample, inputs.times, inputs.context)),
            1e-5)
      << "with and without gradients";
}

}  // namespace
}  // namespace ersatz::models
