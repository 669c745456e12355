#include "models/diffusion/autoencoder.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "models/diffusion/network_fixture.h"
#include "models/diffusion/trainable.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

constexpr double kTolerance = 1e-4;

void compare(Autoencoder& autoencoder, const NamedTensors& golden, const std::string& which) {
  const LatentDistribution latents = autoencoder.encode(golden.at(which + ".image"));
  // Means of these random networks reach 28, and diffusers' own float32 error is 2e-5 there.
  EXPECT_LE(largest_difference(latents.mean, golden.at(which + ".mean")), kTolerance) << which;
  EXPECT_LE(largest_difference(latents.log_variance, golden.at(which + ".logvar")), kTolerance)
      << which;
  const torch::Tensor sample = latents.sample(golden.at(which + ".noise"));
  EXPECT_LE(largest_difference(sample * autoencoder.config().scaling_factor,
                               golden.at(which + ".scaled_latent_sample")),
            kTolerance)
      << which;
  EXPECT_LE(largest_difference(autoencoder.decode(golden.at(which + ".latent_unscaled")),
                               golden.at(which + ".decoded")),
            kTolerance)
      << which;
}

class AutoencoderParity : public testing::TestWithParam<const char*> {};

TEST_P(AutoencoderParity, EncodesAndDecodesAsDiffusers) {
  const torch::NoGradGuard no_grad;
  ERSATZ_REQUIRE_SHARED(shared, "fixtures");
  const auto autoencoder = load_autoencoder(shared / "models" / GetParam());
  const NamedTensors golden =
      load_safetensors(shared / "components" / GetParam() / "vae.safetensors").tensors;
  compare(*autoencoder, golden, "sq");
  compare(*autoencoder, golden, "rect");
}

INSTANTIATE_TEST_SUITE_P(Models, AutoencoderParity,
                         testing::Values("tiny", "sd15mini", "sd2mini", "inpaint9"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Autoencoder, EqualsDiffusersOnTheCommittedFixture) {
  const torch::NoGradGuard no_grad;
  const std::filesystem::path folder = test::fixture("diffusion_networks");
  const std::filesystem::path file = folder / "sd15mini_vae_config.json";
  const NamedTensors golden = load_safetensors(folder / "sd15mini.safetensors").tensors;
  Autoencoder autoencoder(parse_autoencoder_config(core::read_json(file), file));
  fill_by_recipe(autoencoder, 203, golden, "vae.");
  compare(autoencoder, golden, "rect");
}

TEST(Autoencoder, NamesOfParametersAreThoseOfDiffusers) {
  const Autoencoder autoencoder{AutoencoderConfig{}};
  const auto parameters = autoencoder.named_parameters();
  EXPECT_EQ(parameters.size(), 248U);
  for (const char* name :
       {"encoder.conv_in.weight", "encoder.down_blocks.0.downsamplers.0.conv.weight",
        "encoder.mid_block.attentions.0.to_out.0.weight", "quant_conv.weight",
        "decoder.mid_block.attentions.0.group_norm.bias", "decoder.mid_block.resnets.1.conv2.bias",
        "decoder.up_blocks.2.upsamplers.0.conv.weight",
        "decoder.up_blocks.3.resnets.0.conv_shortcut.weight", "decoder.conv_norm_out.weight"}) {
    EXPECT_TRUE(parameters.contains(name)) << name;
  }
  EXPECT_EQ(parameters["quant_conv.weight"].sizes(), (std::vector<std::int64_t>{8, 8, 1, 1}));
  std::int64_t count = 0;
  for (const auto& parameter : parameters) count += parameter.value().numel();
  EXPECT_EQ(count, 83'653'863) << "the published size of Stable Diffusion's autoencoder";
}

AutoencoderConfig small() {
  AutoencoderConfig config;
  config.block_channels = {8, 12};
  config.layers_per_block = 1;
  config.norm_groups = 4;
  return config;
}

TEST(Autoencoder, ClampsLogVariances) {
  const torch::NoGradGuard no_grad;
  Autoencoder autoencoder(small());
  fill_by_recipe(autoencoder, 1, {}, "");
  torch::Tensor bias = autoencoder.named_parameters()["quant_conv.bias"];
  bias[4] = 1000.0F;
  bias[5] = -1000.0F;
  const LatentDistribution latents = autoencoder.encode(torch::randn({1, 3, 8, 8}));
  EXPECT_EQ(latents.log_variance[0][0].max().item<float>(), 20.0F);
  EXPECT_EQ(latents.log_variance[0][1].min().item<float>(), -30.0F);
}

TEST(Autoencoder, GradientsEqualFiniteDifferences) {
  Autoencoder autoencoder(small());
  fill_by_recipe(autoencoder, 2, {}, "");
  autoencoder.to(torch::kFloat64);
  set_trainable(autoencoder, true);
  torch::Tensor image = torch::randn({1, 3, 8, 12}, torch::kFloat64).set_requires_grad(true);
  const torch::Tensor weights = torch::randn({1, 3, 8, 12}, torch::kFloat64);
  const auto loss = [&] {
    const LatentDistribution latents = autoencoder.encode(image);
    return (autoencoder.decode(latents.mean) * weights).sum() + latents.log_variance.sum();
  };
  loss().backward();
  std::vector<torch::Tensor> variables = autoencoder.parameters();
  variables.push_back(image);
  for (torch::Tensor& variable : variables) {
    ASSERT_TRUE(variable.grad().defined());
    const torch::Tensor direction = torch::randn(variable.sizes(), torch::kFloat64);
    const double analytic = (variable.grad() * direction).sum().item<double>();
    const torch::NoGradGuard no_grad;
    variable.add_(direction, 1e-6);
    const double above = loss().item<double>();
    variable.sub_(direction, 2e-6);
    const double numeric = (above - loss().item<double>()) / 2e-6;
    variable.add_(direction, 1e-6);
    EXPECT_NEAR(analytic, numeric, 1e-5 * std::max(1.0, std::abs(numeric))) << variable.sizes();
  }
}

// In double precision libtorch computes everything; in float32 training has kernels of its own.
TEST(Autoencoder, GradientsInFloatEqualThoseInDouble) {
  const auto gradients = [](c10::ScalarType type) {
    Autoencoder autoencoder(small());
    fill_by_recipe(autoencoder, 2, {}, "");
    autoencoder.to(type);
    set_trainable(autoencoder, true);
    torch::manual_seed(3);
    const torch::Tensor image = torch::randn({2, 3, 16, 12}), noise = torch::randn({2, 4, 8, 6});
    const LatentDistribution latents = autoencoder.encode(image.to(type));
    const torch::Tensor decoded = autoencoder.decode(latents.sample(noise.to(type)));
    ((decoded - image.to(type)).square().mean() + latents.log_variance.square().mean()).backward();
    NamedTensors result;
    for (const auto& parameter : autoencoder.named_parameters()) {
      result.emplace(parameter.key(), parameter.value().grad().to(torch::kFloat64));
    }
    return result;
  };
  const NamedTensors single = gradients(torch::kFloat32), reference = gradients(torch::kFloat64);
  double largest = 0;
  for (const auto& [name, gradient] : reference) {
    largest = std::max(largest, gradient.abs().max().item<double>());
  }
  ASSERT_GT(largest, 1e-3);
  for (const auto& [name, gradient] : reference) {
    const double own = gradient.abs().max().item<double>();
    EXPECT_LE(largest_difference(single.at(name), gradient), 1e-4 * own + 1e-6 * largest) << name;
  }
}

TEST(Autoencoder, RefusesSizesItCannotHalve) {
  const torch::NoGradGuard no_grad;
  Autoencoder autoencoder(small());
  fill_by_recipe(autoencoder, 1, {}, "");
  EXPECT_THROW(autoencoder.encode(torch::zeros({1, 3, 9, 8})), c10::Error);
  EXPECT_THROW(autoencoder.decode(torch::zeros({1, 3, 8, 8})), c10::Error);
}

}  // namespace
}  // namespace ersatz::models
