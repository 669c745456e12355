#include "models/diffusion/lora.h"

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>
#include <map>

#include "compute/torch_shim.h"
#include "core/json.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/lora_names.h"
#include "models/diffusion/model_files.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/module_state.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::ExitCode;

constexpr const char* kQuery = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
constexpr const char* kTextKey = "text_model.encoder.layers.1.self_attn.k_proj";

torch::Tensor weight_of(const torch::nn::Module& module, const std::string& name) {
  torch::Tensor found;
  compute::for_each_parameter(module, [&](const std::string& key, const torch::Tensor& tensor) {
    if (key == name + ".weight") found = tensor;
  });
  return found;
}

std::vector<LoraFactor> load(const test::TemporaryFolder& folder, const NamedTensors& tensors,
                             const StableDiffusion& model) {
  save_safetensors(folder / "lora.safetensors", tensors);
  return load_lora(folder / "lora.safetensors", model);
}

TEST(LoraNames, EverySchemeNamesTheSameWeights) {
  const StableDiffusion model = random_stable_diffusion("mini", 1);
  const test::TemporaryFolder folder;
  const torch::Tensor down = torch::randn({4, 32}), up = torch::randn({32, 4});
  const std::pair<std::string, std::string> unet_schemes[] = {
      {"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down.weight",
       "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.up.weight"},
      {"down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down.weight",
       "down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.up.weight"},
      {std::string("unet.") + kQuery + ".lora.down.weight",
       std::string("unet.") + kQuery + ".lora.up.weight"},
      {std::string("unet.") + kQuery + ".lora_linear_layer.down.weight",
       std::string("unet.") + kQuery + ".lora_linear_layer.up.weight"},
      {std::string("unet.") + kQuery + ".lora_A.weight",
       std::string("unet.") + kQuery + ".lora_B.weight"},
      {std::string("base_model.model.") + kQuery + ".lora_A.weight",
       std::string("base_model.model.") + kQuery + ".lora_B.weight"},
      {"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight",
       "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_up.weight"},
      {"lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_down.weight",
       "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_up.weight"},
  };
  for (const auto& [down_key, up_key] : unet_schemes) {
    SCOPED_TRACE(down_key);
    const auto factors = load(folder, {{down_key, down}, {up_key, up}}, model);
    ASSERT_EQ(factors.size(), 1U);
    EXPECT_EQ(factors[0].target, LoraTarget::kUNet);
    EXPECT_EQ(factors[0].module, kQuery);
    EXPECT_TRUE(torch::equal(factors[0].down, down));
    EXPECT_TRUE(torch::equal(factors[0].up, up));
    EXPECT_EQ(factors[0].alpha, 4.0);
  }
  const std::string layer = "text_model.encoder.layers.1.self_attn.";
  const std::string text_schemes[] = {
      "text_encoder." + layer + "k_proj.lora_linear_layer.",
      "text_encoder." + layer + "to_k_lora.",
      "lora_te_text_model_encoder_layers_1_self_attn_k_proj.lora_",
  };
  for (const std::string& scheme : text_schemes) {
    SCOPED_TRACE(scheme);
    const auto factors =
        load(folder, {{scheme + "down.weight", down}, {scheme + "up.weight", up}}, model);
    ASSERT_EQ(factors.size(), 1U);
    EXPECT_EQ(factors[0].target, LoraTarget::kTextEncoder);
    EXPECT_EQ(factors[0].module, kTextKey);
  }
}

TEST(LoraNames, OutputProjectionsAndAlpha) {
  const StableDiffusion model = random_stable_diffusion("mini", 1);
  const test::TemporaryFolder folder;
  const std::string attention = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.processor.";
  const auto factors = load(folder,
                            {{attention + "to_out_lora.down.weight", torch::randn({2, 64})},
                             {attention + "to_out_lora.up.weight", torch::randn({64, 2})},
                             {attention + "to_out_lora.alpha", torch::full({}, 3.0)}},
                            model);
  ASSERT_EQ(factors.size(), 1U);
  EXPECT_EQ(factors[0].module, "mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0");
  EXPECT_EQ(factors[0].alpha, 3.0);

  // peft keeps alpha beside the file.
  const std::string peft = "base_model.model." + std::string(kQuery);
  core::write_json(folder / "adapter_config.json", {{"lora_alpha", 8}, {"use_dora", false}});
  const NamedTensors tensors = {{peft + ".lora_A.weight", torch::randn({4, 32})},
                                {peft + ".lora_B.weight", torch::randn({32, 4})}};
  EXPECT_EQ(load(folder, tensors, model).at(0).alpha, 8.0);
  core::write_json(folder / "adapter_config.json", {{"lora_alpha", 8}, {"use_rslora", true}});
  EXPECT_ERSATZ_ERROR(load(folder, tensors, model), ExitCode::kUntrustedData, "use_rslora");
}

TEST(Lora, MergesMatricesAndKernelsAndRestoresEveryByte) {
  for (const auto type : {torch::kFloat32, torch::kFloat16, torch::kBFloat16}) {
    StableDiffusion model = random_stable_diffusion("mini", 1);
    const torch::NoGradGuard no_grad;
    compute::for_each_parameter(*model.unet, [&](const std::string&, torch::Tensor parameter) {
      parameter.set_data(parameter.to(type));
    });
    const NamedTensors before = module_state(*model.unet);
    const test::TemporaryFolder folder;
    torch::manual_seed(5);
    const std::string conv = "lora_unet_down_blocks_0_resnets_0_conv1";
    const std::string proj = "lora_unet_down_blocks_0_attentions_0_proj_in";
    const NamedTensors tensors = {{conv + ".lora_down.weight", torch::randn({2, 32, 3, 3})},
                                  {conv + ".lora_up.weight", torch::randn({32, 2, 1, 1})},
                                  {conv + ".alpha", torch::full({}, 1.0)},
                                  {proj + ".lora_down.weight", torch::randn({3, 32})},
                                  {proj + ".lora_up.weight", torch::randn({32, 3})}};
    const auto factors = load(folder, tensors, model);
    ASSERT_EQ(factors.size(), 2U);
    const std::string conv_name = "down_blocks.0.resnets.0.conv1";
    const std::string proj_name = "down_blocks.0.attentions.0.proj_in";
    const void* data = weight_of(*model.unet, conv_name).data_ptr();
    const std::vector<std::int64_t> order = weight_of(*model.unet, conv_name).strides().vec();
    LoraMerge merge(model, factors, 0.5);
    // Independently: the composition of the two convolutions.
    const torch::Tensor kernel = torch::einsum(
        "or,rihw->oihw",
        {tensors.at(conv + ".lora_up.weight").flatten(1), tensors.at(conv + ".lora_down.weight")});
    const torch::Tensor conv_before = before.at(conv_name + ".weight").to(torch::kFloat32);
    const torch::Tensor conv_after = weight_of(*model.unet, conv_name);
    const double rounding = type == torch::kFloat32 ? 1e-6 : type == torch::kFloat16 ? 4e-3 : 4e-2;
    EXPECT_LT(test::max_difference(conv_after, conv_before + 0.5 * 1.0 / 2.0 * kernel), rounding);
    EXPECT_EQ(conv_after.scalar_type(), type);
    EXPECT_EQ(conv_after.strides().vec(), order) << "kernels stay in their memory order";
    const torch::Tensor matrix = tensors.at(proj + ".lora_up.weight")
                                     .matmul(tensors.at(proj + ".lora_down.weight"))
                                     .view({32, 32, 1, 1});
    EXPECT_LT(
        test::max_difference(weight_of(*model.unet, proj_name),
                             before.at(proj_name + ".weight").to(torch::kFloat32) + 0.5 * matrix),
        2 * rounding);
    merge.unmerge();
    merge.unmerge();  // again: nothing
    for (const auto& [name, tensor] : module_state(*model.unet)) {
      EXPECT_TRUE(torch::equal(tensor, before.at(name))) << name;
    }
    EXPECT_EQ(weight_of(*model.unet, conv_name).data_ptr(), data);
  }
}

// A mapped file must not be written to, and derived copies of weights must notice.
TEST(Lora, WorksOnMappedWeightsAndMarksThemAsChanged) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "mini");
  StableDiffusion model = load_stable_diffusion(folder / "model");
  const torch::Tensor query = weight_of(*model.unet, kQuery);
  const torch::Tensor before = query.clone();
  const auto version = query._version();
  {
    LoraMerge merge(
        model, {{LoraTarget::kUNet, kQuery, torch::ones({1, 32}), torch::ones({32, 1}), 1}}, 2.0);
    EXPECT_GT(query._version(), version);
    EXPECT_LT(test::max_difference(query, before + 2), 1e-6);
  }
  EXPECT_LT(test::max_difference(query, before + 2), 1e-6) << "destruction leaves it merged";
  test::expect_same_parameters(*load_stable_diffusion(folder / "model").text_encoder,
                               *model.text_encoder);
}

TEST(Lora, SeveralFactorsOfOneWeightAdd) {
  StableDiffusion model = random_stable_diffusion("mini", 1);
  const torch::Tensor query = weight_of(*model.unet, kQuery);
  const torch::Tensor before = query.clone();
  const LoraFactor factor{LoraTarget::kUNet, kQuery, torch::ones({1, 32}), torch::ones({32, 1}), 1};
  LoraMerge merge(model, {factor, factor}, 1.0);
  EXPECT_LT(test::max_difference(query, before + 2), 1e-6);
  merge.unmerge();
  EXPECT_TRUE(torch::equal(query, before));
}

TEST(Lora, WhatDoesNotFitIsRefused) {
  StableDiffusion model = random_stable_diffusion("mini", 1);
  const test::TemporaryFolder folder;
  const std::string name = std::string("unet.") + kQuery + ".lora.";
  const torch::Tensor down = torch::ones({4, 32}), up = torch::ones({32, 4});
  const auto refused = [&](const NamedTensors& tensors, const char* message) {
    EXPECT_ERSATZ_ERROR(load(folder, tensors, model), ExitCode::kUntrustedData, message);
  };
  refused({}, "has no tensors");
  refused({{"unet.nothing.lora.down.weight", down}}, "unet.nothing.lora.down.weight");
  refused({{name + "down.weight", down}, {name + "up.weight", up}, {"x.hada_w1_a", up}},
          "1 tensors adapt nothing in this model: 'x.hada_w1_a'");
  refused({{name + "down.weight", down}}, "has no up factor");
  refused({{name + "down.weight", down}, {name + "up.weight", torch::ones({32, 3})}},
          "do not fit the weight [32, 32]");
  refused({{name + "down.weight", torch::ones({4, 768})}, {name + "up.weight", up}}, "[4, 768]");
  refused({{name + "down.weight", down * std::numeric_limits<float>::quiet_NaN()},
           {name + "up.weight", up}},
          "NaN");
  refused({{name + "down.weight", down}, {name + "up.weight", up}, {name + "alpha", up}},
          "is not a number");
  refused({{name + "down.weight", down},
           {std::string("unet.") + kQuery + ".lora_A.weight", down},
           {name + "up.weight", up}},
          "is there twice");

  // Nothing is changed when a sum does not fit its type.
  const torch::NoGradGuard no_grad;
  torch::Tensor query = weight_of(*model.unet, kQuery);
  query.set_data(query.to(torch::kFloat16));
  const torch::Tensor before = query.clone();
  EXPECT_ERSATZ_ERROR(LoraMerge(model, {{LoraTarget::kUNet, kQuery, down, up, 4}}, 1e6),
                      ExitCode::kUsage, kQuery);
  EXPECT_TRUE(torch::equal(query, before));
}

// Golden outputs of diffusers 0.21.4; see the README of the fixtures.
TEST(LoraParity, OutputsEqualThoseOfDiffusers) {
  ERSATZ_REQUIRE_SHARED(lora, "fixtures/lora");
  ERSATZ_REQUIRE_SHARED(models, "fixtures/models");
  const torch::NoGradGuard no_grad;
  struct Case {
    const char *file, *variant;
    double scale;
  };
  const Case cases[] = {{"diffusers_unet.safetensors", "scale1", 1},
                        {"diffusers_unet.safetensors", "scale0.35", 0.35},
                        {"diffusers_unet_text.safetensors", "scale1", 1},
                        {"diffusers_unet_text.safetensors", "fused0.5", 0.5},
                        {"kohya.safetensors", "scale1", 1},
                        {"kohya.safetensors", "merged_scale1", 1}};
  for (const std::string name : {"tiny", "sd15mini", "sd2mini"}) {
    StableDiffusion model = load_stable_diffusion(models / name);
    const NamedTensors golden = load_safetensors(lora / (name + "_outputs.safetensors")).tensors;
    const auto tokenizer = generate::ClipTokenizer::load(model.tokenizer);
    std::vector<std::int64_t> tokens;
    for (const char* prompt : {"a photo of a cat", "a dog"}) {
      const auto ids = tokenizer.tokenize_padded(prompt).ids;
      tokens.insert(tokens.end(), ids.begin(), ids.end());
    }
    const torch::Tensor ids = torch::tensor(tokens, torch::kInt64).view({2, 77});
    const auto text = [&] { return model.text_encoder->forward(ids).last_hidden; };
    const torch::Tensor sample = golden.at("sample");
    const torch::Tensor times = golden.at("timesteps").to(torch::kFloat32);
    const auto unet = [&](const torch::Tensor& context) {
      return model.unet->forward(sample, times, context);
    };
    EXPECT_LT(test::max_difference(unet(golden.at("fixed_ctx")), golden.at("base.unet_out")), 1e-4);
    EXPECT_LT(test::max_difference(text(), golden.at("base.text_out")), 1e-5);
    for (const Case& item : cases) {
      const std::string prefix = name + "_" + item.file + "." + item.variant + ".";
      SCOPED_TRACE(prefix);
      const auto factors = load_lora(lora / (name + "_" + item.file), model);
      EXPECT_GT(factors.size(), 0U);
      LoraMerge merge(model, factors, item.scale);
      const double own =
          test::max_difference(unet(golden.at("fixed_ctx")), golden.at(prefix + "unet_out"));
      const torch::Tensor context = text();
      EXPECT_LT(own, 1e-4);
      EXPECT_LT(test::max_difference(context, golden.at(prefix + "text_out")), 1e-4);
      EXPECT_LT(test::max_difference(unet(context), golden.at(prefix + "unet_out_with_lora_text")),
                1e-4);
      merge.unmerge();
    }
    EXPECT_LT(test::max_difference(unet(golden.at("fixed_ctx")), golden.at("base.unet_out")), 1e-4);
  }
}

}  // namespace
}  // namespace ersatz::models
