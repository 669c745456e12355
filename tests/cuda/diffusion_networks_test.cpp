// The networks of Stable Diffusion on a GPU: the numbers of the CPU, and recorded launches that
// give the numbers of launches made one by one.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/recorded_call.h"
#include "cuda/cuda_fixture.h"
#include "models/diffusion/autoencoder.h"
#include "models/diffusion/clip_text.h"
#include "models/diffusion/network_fixture.h"
#include "models/diffusion/unet.h"

namespace ersatz::models {
namespace {

class CudaNetworks : public test::Cuda {
 protected:
  static UNetConfig config() {
    UNetConfig config;
    config.block_channels = {32, 64};
    config.down_attention = {true, false};
    config.up_attention = {false, true};
    config.layers_per_block = 1;
    config.cross_attention_dim = 24;
    config.heads = {2, 4};
    config.transformer_layers = {1, 1};
    config.norm_groups = 8;
    return config;
  }

  static std::shared_ptr<UNet> unet() {
    auto network = std::make_shared<UNet>(config());
    fill_by_recipe(*network, 1, {}, "");
    for (torch::Tensor& parameter : network->parameters()) parameter.requires_grad_(false);
    return network;
  }

  struct Inputs {
    explicit Inputs(std::uint64_t seed, std::int64_t batch = 2, std::int64_t width = 12) {
      torch::manual_seed(seed);
      sample = torch::randn({batch, 4, 8, width});
      context = torch::randn({batch, 7, 24});
      times = torch::tensor({400.0F - static_cast<float>(seed)});
    }
    torch::Tensor sample, context, times;
  };

  torch::Tensor on_gpu(UNet& network, const Inputs& inputs, c10::ScalarType type) {
    return network.forward(inputs.sample.to(device_, type), inputs.times.to(device_),
                           network.cross_attention_cache(inputs.context.to(device_, type)));
  }
};

TEST_F(CudaNetworks, UNetEqualsTheCpu) {
  const torch::NoGradGuard no_grad;
  const Inputs inputs(1);
  const torch::Tensor expected = unet()->forward(inputs.sample, inputs.times, inputs.context);
  for (const auto& [type, tolerance] :
       {std::pair{torch::kFloat32, 1e-5}, {torch::kFloat16, 5e-3}, {torch::kBFloat16, 4e-2}}) {
    const auto network = unet();
    test::move_to(*network, device_, type);
    EXPECT_LT(test::relative_difference(on_gpu(*network, inputs, type), expected), tolerance)
        << c10::toString(type);
  }
}

// Other inputs, other prompts and other sizes in between: every call is the call of its inputs.
TEST_F(CudaNetworks, RecordedCallsEqualOthers) {
  const torch::NoGradGuard no_grad;
  ASSERT_TRUE(compute::RecordedCall::possible(device_)) << "built without CUDA's headers";
  const auto plain = unet(), recorded = unet();
  plain->set_recording(false);
  test::move_to(*plain, device_, torch::kFloat32);
  test::move_to(*recorded, device_, torch::kFloat32);
  for (std::uint64_t round = 0; round < 12; ++round) {
    const Inputs inputs(round / 2, round % 3 == 2 ? 3 : 2, round % 4 == 3 ? 16 : 12);
    const torch::Tensor first = on_gpu(*recorded, inputs, torch::kFloat32);
    const torch::Tensor second = on_gpu(*recorded, Inputs(99), torch::kFloat32);
    EXPECT_LT(test::relative_difference(first, on_gpu(*plain, inputs, torch::kFloat32)), 1e-6)
        << "round " << round;
    EXPECT_LT(test::relative_difference(second, on_gpu(*plain, Inputs(99), torch::kFloat32)), 1e-6)
        << "round " << round;
  }
}

TEST_F(CudaNetworks, RecordingsFollowTheWeights) {
  const torch::NoGradGuard no_grad;
  const auto network = unet();
  test::move_to(*network, device_, torch::kFloat32);
  const Inputs inputs(1);
  for (int i = 0; i < 3; ++i) on_gpu(*network, inputs, torch::kFloat32);
  // In place, as a moving average does, and with other memory, as a merged LoRA does.
  for (torch::Tensor& parameter : network->parameters()) parameter.mul_(0.9);
  const auto expected = [&] {
    network->set_recording(false);
    const torch::Tensor answer = on_gpu(*network, inputs, torch::kFloat32);
    network->set_recording(true);
    return answer;
  };
  const torch::Tensor in_place = on_gpu(*network, inputs, torch::kFloat32);
  EXPECT_LT(test::relative_difference(in_place, expected()), 1e-6);
  for (int i = 0; i < 3; ++i) on_gpu(*network, inputs, torch::kFloat32);
  for (torch::Tensor& parameter : network->parameters()) parameter.set_data(parameter * 1.1);
  for (int i = 0; i < 3; ++i) {
    const torch::Tensor moved = on_gpu(*network, inputs, torch::kFloat32);
    if (i == 2) {
      EXPECT_LT(test::relative_difference(moved, expected()), 1e-6);
    }
  }
}

TEST_F(CudaNetworks, TextEncoderEqualsTheCpu) {
  const torch::NoGradGuard no_grad;
  ClipTextConfig config;
  config.vocabulary = 300;
  config.hidden = 64;
  config.intermediate = 128;
  config.layers = 2;
  config.heads = 4;
  ClipText cpu(config), gpu(config);
  fill_by_recipe(cpu, 1, {}, "");
  fill_by_recipe(gpu, 1, {}, "");
  test::move_to(gpu, device_, torch::kFloat32);
  const torch::Tensor ids = torch::randint(0, 300, {3, 77}, torch::kInt64);
  EXPECT_LT(test::relative_difference(gpu.forward(ids.to(device_)).last_hidden,
                                      cpu.forward(ids).last_hidden),
            1e-5);
}

TEST_F(CudaNetworks, AutoencoderEqualsTheCpu) {
  const torch::NoGradGuard no_grad;
  AutoencoderConfig config;
  config.block_channels = {16, 32};
  config.layers_per_block = 1;
  config.norm_groups = 8;
  Autoencoder cpu(config), gpu(config);
  fill_by_recipe(cpu, 1, {}, "");
  fill_by_recipe(gpu, 1, {}, "");
  test::move_to(gpu, device_, torch::kFloat32);
  const torch::Tensor pictures = torch::rand({2, 3, 32, 48}) * 2 - 1;
  const torch::Tensor mean = cpu.encode(pictures).mean;
  EXPECT_LT(test::relative_difference(gpu.encode(pictures.to(device_)).mean, mean), 1e-5);
  const torch::Tensor decoded = cpu.decode(mean);
  EXPECT_LT(test::relative_difference(gpu.decode(mean.to(device_)), decoded), 1e-5);
  for (const auto& [type, tolerance] :
       {std::pair{torch::kFloat16, 5e-3}, {torch::kBFloat16, 4e-2}}) {
    Autoencoder narrow(config);
    fill_by_recipe(narrow, 1, {}, "");
    test::move_to(narrow, device_, type);
    EXPECT_LT(test::relative_difference(narrow.decode(mean.to(device_, type)), decoded), tolerance)
        << c10::toString(type);
  }
}

}  // namespace
}  // namespace ersatz::models
