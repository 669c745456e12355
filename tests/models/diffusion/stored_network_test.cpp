#include "models/diffusion/stored_network.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "models/diffusion/lora.h"
#include "models/diffusion/model_files.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/diffusion/stable_diffusion.h"
#include "models/weights/weights.h"
#include "support/process_memory.h"
#include "support/sanitizer.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

constexpr std::int64_t kMega = std::int64_t{1} << 20;

LoadOptions half_on_demand() {
  LoadOptions options;
  options.weights_type = torch::kFloat16;
  options.on_demand = true;
  return options;
}

torch::Tensor predict(StableDiffusion& model) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  const std::int64_t width = model.unet->config().cross_attention_dim;
  return model.unet->forward(torch::randn({1, 4, 8, 8}), torch::full({1}, 500.0F),
                             torch::randn({1, 77, width}));
}

bool all_in_file(const StoredNetwork& network) {
  for (const torch::Tensor& parameter : network.parameters()) {
    if (!is_file_view(parameter)) return false;
  }
  return true;
}

c10::ScalarType matrix_type(const StoredNetwork& network) {
  for (const torch::Tensor& parameter : network.parameters()) {
    if (parameter.dim() > 1) return parameter.scalar_type();
  }
  return torch::kInt8;
}

// What is trained begins with the numbers of the file, whatever is computed in.
TEST(LoadOptions, WideWeightsBesideNarrowComputingAreNotRounded) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  LoadOptions options;
  options.mapped = false;
  StableDiffusion whole = load_stable_diffusion(folder / "model", options);
  options.compute_type = torch::kBFloat16;
  options.weights_type = torch::kFloat32;
  StableDiffusion model = load_stable_diffusion(folder / "model", options);
  test::expect_same_parameters(*model.unet, *whole.unet);
  test::expect_same_parameters(*model.text_encoder, *whole.text_encoder);
  test::expect_same_parameters(*model.autoencoder, *whole.autoencoder);
}

TEST(StoredNetwork, ConvertedWeightsComeAndGo) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  StableDiffusion model = load_stable_diffusion(folder / "model", half_on_demand());
  LoadOptions at_once;
  at_once.weights_type = torch::kFloat16;
  StableDiffusion usual = load_stable_diffusion(folder / "model", at_once);

  EXPECT_TRUE(all_in_file(*model.unet));
  EXPECT_EQ(matrix_type(*model.unet), torch::kFloat32);
  const torch::Tensor first = predict(model);
  EXPECT_EQ(matrix_type(*model.unet), torch::kFloat16);
  EXPECT_TRUE(torch::equal(first, predict(usual)));
  test::expect_same_parameters(*model.unet, *usual.unet);
  // Nobody asked the others for anything.
  EXPECT_TRUE(all_in_file(*model.text_encoder));
  EXPECT_TRUE(all_in_file(*model.autoencoder));

  model.unet->set_aside();
  EXPECT_TRUE(all_in_file(*model.unet));
  EXPECT_TRUE(torch::equal(first, predict(model)));
  model.unet->bring_in();
  test::expect_same_parameters(*model.unet, *usual.unet);

  // What was loaded at once stays.
  usual.unet->set_aside();
  EXPECT_EQ(matrix_type(*usual.unet), torch::kFloat16);
  EXPECT_TRUE(torch::equal(first, predict(usual)));
}

TEST(StoredNetwork, EveryNetworkBringsItselfIn) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  const torch::NoGradGuard no_grad;
  const torch::Tensor ids = torch::arange(77).unsqueeze(0);
  const torch::Tensor latents = torch::ones({1, 4, 8, 8});
  const auto model = [&] { return load_stable_diffusion(folder / "model", half_on_demand()); };
  const StableDiffusion a = model();
  a.text_encoder->forward(ids);
  EXPECT_EQ(matrix_type(*a.text_encoder), torch::kFloat16);
  const StableDiffusion b = model();
  b.text_encoder->embed(ids);
  EXPECT_EQ(matrix_type(*b.text_encoder), torch::kFloat16);
  const torch::Tensor image = a.autoencoder->decode(latents);
  EXPECT_EQ(matrix_type(*a.autoencoder), torch::kFloat16);
  b.autoencoder->encode(image);
  EXPECT_EQ(matrix_type(*b.autoencoder), torch::kFloat16);
  a.unet->cross_attention_cache(torch::zeros({1, 77, a.unet->config().cross_attention_dim}));
  EXPECT_EQ(matrix_type(*a.unet), torch::kFloat16);
}

TEST(StoredNetwork, IsSavedAsItIsKept) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  const StableDiffusion model = load_stable_diffusion(folder / "model", half_on_demand());
  save_stable_diffusion(model, folder / "half");
  EXPECT_EQ(
      open_weights(folder / "half" / test::kUNetFile).tensors.at("conv_in.weight").scalar_type(),
      torch::kFloat16);
}

TEST(StoredNetwork, MergedWeightsStay) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  StableDiffusion model = load_stable_diffusion(folder / "model", half_on_demand());
  const torch::Tensor plain = predict(model);
  model.unet->set_aside();
  const std::string module = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q";
  const auto parameters = model.unet->named_parameters();
  const torch::Tensor weight = parameters[module + ".weight"];
  const torch::Tensor up = torch::ones({weight.size(0), 1}),
                      down = torch::ones({1, weight.size(1)});
  LoraMerge merge(model, {{LoraTarget::kUNet, module, down, up, 1.0}}, 1.0);
  EXPECT_EQ(weight.scalar_type(), torch::kFloat16);
  const torch::Tensor merged = predict(model);
  EXPECT_GT(test::max_difference(merged, plain), 1e-4) << "without the LoRA it is 0";
  model.unet->set_aside();
  EXPECT_FALSE(is_file_view(weight));
  EXPECT_EQ(weight.scalar_type(), torch::kFloat16);
  EXPECT_TRUE(torch::equal(predict(model), merged));
  merge.unmerge();
  EXPECT_TRUE(torch::equal(predict(model), plain));
  model.unet->set_aside();
  EXPECT_TRUE(torch::equal(predict(model), plain));
}

TEST(StoredNetwork, BadValuesAreFoundBeforeTheyAreUsed) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  test::edit_weights(folder / "model" / test::kUNetFile, [](NamedTensors& tensors) {
    tensors.at("conv_out.weight").view(-1)[5] = 65520.0F;  // rounds to infinity in float16
  });
  EXPECT_ERSATZ_ERROR(load_stable_diffusion(folder / "model", half_on_demand()),
                      core::ExitCode::kUntrustedData, "conv_out.weight");
  test::edit_weights(folder / "model" / test::kUNetFile, [](NamedTensors& tensors) {
    tensors.at("conv_out.weight").view(-1)[5] = 65519.0F;  // the largest number, 65504
  });
  StableDiffusion model = load_stable_diffusion(folder / "model", half_on_demand());
  model.unet->bring_in();
  EXPECT_EQ(model.unet->named_parameters()["conv_out.weight"].view(-1)[5].item<float>(), 65504.0F);
}

// A network of about 60 MB in the file.
TEST(StoredNetwork, TakesAsMuchMemoryAsItsTypeAndGivesItBack) {
  if (test::kAddressSanitizer) GTEST_SKIP() << "a sanitizer's memory would count, too";
  const test::TemporaryFolder folder;
  StableDiffusion random = random_stable_diffusion("tiny", 1);
  ClipTextConfig config = random.text_encoder->config();
  config.layers = 20;
  config.intermediate = 12000;
  random.text_encoder = std::make_shared<ClipText>(config);
  randomise(*random.text_encoder, 1, "test");
  SaveOptions save;
  save.byte_tokenizer = true;
  save_stable_diffusion(random, folder / "model", save);
  std::int64_t numbers = 0;
  for (const torch::Tensor& parameter : random.text_encoder->parameters()) {
    numbers += parameter.numel();
  }
  ASSERT_GT(4 * numbers, 50 * kMega);
  random = {};
  // What the allocator kept of the random model would otherwise be counted, and given back later.
  malloc_trim(0);

  const std::int64_t start = test::resident_bytes();
  test::reset_peak_resident();
  const StableDiffusion model = load_stable_diffusion(folder / "model", half_on_demand());
  EXPECT_LT(test::peak_resident_bytes() - start, 16 * kMega) << "loading only looks at the file";
  const auto expect_taken = [&](std::int64_t bytes) {
    const std::int64_t taken = test::resident_bytes() - start;
    EXPECT_GT(taken, bytes - 8 * kMega);
    EXPECT_LT(taken, bytes + 12 * kMega);
  };
  for (int round = 0; round < 3; ++round) {
    test::reset_peak_resident();
    model.text_encoder->bring_in();
    expect_taken(2 * numbers);
    // Never with the file's numbers beside it.
    EXPECT_LT(test::peak_resident_bytes() - start, 2 * numbers + 24 * kMega);
    model.text_encoder->set_aside();
    expect_taken(0);
  }
}

}  // namespace
}  // namespace ersatz::models
