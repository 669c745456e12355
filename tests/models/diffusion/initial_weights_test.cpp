#include "models/diffusion/initial_weights.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "compute/torch_shim.h"
#include "models/diffusion/architecture.h"
#include "models/module_state.h"

namespace ersatz::models {
namespace {

double deviation(const torch::Tensor& tensor) { return tensor.std().item<double>(); }

TEST(InitialWeights, TheUNetBeginsByAnsweringZero) {
  const torch::NoGradGuard no_grad;
  const UNetConfig config = architecture("tiny").unet;
  UNet unet(config);
  initialise_unet(unet, 1);
  const torch::Tensor answer =
      unet.forward(torch::randn({2, 4, 8, 8}), torch::tensor({10.0F, 900.0F}),
                   torch::randn({2, 5, config.cross_attention_dim}));
  EXPECT_EQ(answer.abs().max().item<double>(), 0.0);
  std::int64_t zero = 0, other = 0;
  compute::for_each_parameter(unet, [&](const std::string& name, const torch::Tensor& value) {
    if (value.dim() < 2) return;
    (value.abs().max().item<double>() == 0 ? zero : other) += 1;
    const double inputs = static_cast<double>(value.numel() / value.size(0));
    if (value.numel() > 2000 && value.abs().max().item<double>() > 0) {
      EXPECT_NEAR(deviation(value) * std::sqrt(3 * inputs), 1.0, 0.1) << name;
      EXPECT_LE(value.abs().max().item<double>() * std::sqrt(inputs), 1.0 + 1e-6) << name;
    }
  });
  // Two residual blocks and a transformer in the middle, and so on: the last of each, and conv_out.
  EXPECT_EQ(zero, 1 + 8 + 4);
  EXPECT_GT(other, 3 * zero);
}

TEST(InitialWeights, TheTextEncoderBeginsAsClip) {
  ClipTextConfig config;
  config.vocabulary = 600;
  config.hidden = 64;
  config.intermediate = 128;
  config.layers = 8;
  config.heads = 4;
  ClipText text(config);
  initialise_clip_text(text, 1);
  const NamedTensors weights = module_state(text);
  const auto of = [&](const std::string& name) {
    return deviation(weights.at("text_model." + name + ".weight"));
  };
  EXPECT_NEAR(of("embeddings.token_embedding"), 0.02, 0.001);
  EXPECT_NEAR(of("embeddings.position_embedding"), 0.01, 0.001);
  EXPECT_NEAR(of("encoder.layers.3.self_attn.q_proj"), 1 / (8.0 * 4.0), 0.002);
  EXPECT_NEAR(of("encoder.layers.3.mlp.fc2"), 1 / (8.0 * 4.0), 0.002);
  EXPECT_NEAR(of("encoder.layers.3.self_attn.out_proj"), 1 / 8.0, 0.005);
  EXPECT_NEAR(of("encoder.layers.3.mlp.fc1"), 1 / std::sqrt(128.0), 0.005);
  EXPECT_EQ(weights.at("text_model.final_layer_norm.weight").min().item<double>(), 1.0);
  EXPECT_EQ(weights.at("text_model.encoder.layers.0.mlp.fc1.bias").abs().max().item<double>(), 0.0);
}

TEST(InitialWeights, DependOnSeedAndName) {
  const UNetConfig config = architecture("tiny").unet;
  UNet a(config), b(config), c(config);
  initialise_unet(a, 1);
  initialise_unet(b, 1);
  initialise_unet(c, 2);
  const NamedTensors first = module_state(a), second = module_state(b), third = module_state(c);
  for (const auto& [name, value] : first) EXPECT_TRUE(torch::equal(value, second.at(name))) << name;
  const std::string name = "down_blocks.0.resnets.0.conv1.weight";
  EXPECT_FALSE(torch::equal(first.at(name), third.at(name)));
  EXPECT_FALSE(torch::equal(first.at("mid_block.resnets.0.conv1.weight"),
                            first.at("mid_block.resnets.1.conv1.weight")));
  EXPECT_TRUE(
      a.named_parameters()["conv_in.weight"].is_contiguous(torch::MemoryFormat::ChannelsLast));
}

}  // namespace
}  // namespace ersatz::models
