#include "models/diffusion/key_map.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <map>
#include <set>

#include "compute/torch_shim.h"
#include "models/diffusion/architecture.h"
#include "models/diffusion/model_loading.h"
#include "models/diffusion/parameter_match.h"
#include "models/diffusion/renaming.h"
#include "models/diffusion/single_file_config.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

KeyMap single_file_keys(const Architecture& shape) {
  const std::filesystem::path nowhere;
  KeyMap keys = unet_single_file_keys(shape.unet, parameter_names(*make_unet(shape.unet, nowhere)));
  const auto add = [&](const KeyMap& more) { keys.insert(keys.end(), more.begin(), more.end()); };
  add(autoencoder_single_file_keys(shape.autoencoder,
                                   parameter_names(*make_autoencoder(shape.autoencoder, nowhere))));
  const auto text = parameter_names(*make_clip_text(shape.text, nowhere));
  add(shape.text.activation == ClipActivation::kGelu ? open_clip_single_file_keys(text)
                                                     : clip_single_file_keys(text));
  return keys;
}

std::map<std::string, std::string> by_parameter(const KeyMap& keys) {
  std::map<std::string, std::string> names;
  for (const KeyPair& pair : keys) names.emplace(pair.parameter, pair.key);
  return names;
}

// Shapes of a whole checkpoint as tensors that occupy no memory.
template <typename Module>
void add_shapes(Weights& weights, const Module& module, const KeyMap& keys) {
  NamedTensors shapes;
  compute::for_each_parameter(module, [&](const std::string& name, const torch::Tensor& tensor) {
    shapes.emplace(name, torch::zeros({}).expand(tensor.sizes()));
  });
  for (const KeyPair& pair : keys) {
    torch::Tensor tensor = shapes.at(pair.parameter);
    if (pair.form == KeyForm::kPointwise) tensor = tensor.unsqueeze(2).unsqueeze(3);
    if (pair.form != KeyForm::kSame && pair.form != KeyForm::kPointwise) {
      std::vector<std::int64_t> sizes = tensor.sizes().vec();
      sizes[0] *= 3;
      tensor = torch::zeros({}).expand(sizes);
    }
    weights.tensors.emplace(pair.key, tensor);
  }
}

Weights shapes_of(const Architecture& shape) {
  Weights weights;
  weights.file = "shapes.safetensors";
  const auto unet = make_unet(shape.unet, {});
  add_shapes(weights, *unet, unet_single_file_keys(shape.unet, parameter_names(*unet)));
  const auto autoencoder = make_autoencoder(shape.autoencoder, {});
  add_shapes(weights, *autoencoder,
             autoencoder_single_file_keys(shape.autoencoder, parameter_names(*autoencoder)));
  const auto text = make_clip_text(shape.text, {});
  const auto names = parameter_names(*text);
  add_shapes(weights, *text,
             shape.text.activation == ClipActivation::kGelu ? open_clip_single_file_keys(names)
                                                            : clip_single_file_keys(names));
  return weights;
}

TEST(Renaming, TakesTheLongestEntryAtADot) {
  Renaming renaming;
  renaming.add("a.b", "x");
  renaming.add("a.b.c", "y.z");
  EXPECT_EQ(renaming.apply("a.b").value(), "x");
  EXPECT_EQ(renaming.apply("a.b.weight").value(), "x.weight");
  EXPECT_EQ(renaming.apply("a.b.c.weight").value(), "y.z.weight");
  EXPECT_EQ(renaming.apply("a.b.cc.weight").value(), "x.cc.weight");
  EXPECT_FALSE(renaming.apply("a.bb").has_value());
  EXPECT_FALSE(renaming.apply("a").has_value());
  EXPECT_FALSE(renaming.apply("").has_value());
}

// Names as they are in the published v1-5-pruned checkpoint.
TEST(KeyMap, NamesOfStableDiffusion1) {
  const auto names = by_parameter(single_file_keys(architecture("sd15")));
  const std::map<std::string, std::string> expected = {
      {"time_embedding.linear_1.weight", "model.diffusion_model.time_embed.0.weight"},
      {"conv_in.bias", "model.diffusion_model.input_blocks.0.0.bias"},
      {"down_blocks.0.resnets.1.conv2.weight",
       "model.diffusion_model.input_blocks.2.0.out_layers.3.weight"},
      {"down_blocks.0.downsamplers.0.conv.weight",
       "model.diffusion_model.input_blocks.3.0.op.weight"},
      {"down_blocks.1.resnets.0.conv_shortcut.weight",
       "model.diffusion_model.input_blocks.4.0.skip_connection.weight"},
      {"down_blocks.2.attentions.1.transformer_blocks.0.attn2.to_k.weight",
       "model.diffusion_model.input_blocks.8.1.transformer_blocks.0.attn2.to_k.weight"},
      {"down_blocks.3.resnets.1.time_emb_proj.bias",
       "model.diffusion_model.input_blocks.11.0.emb_layers.1.bias"},
      {"mid_block.resnets.1.norm1.weight",
       "model.diffusion_model.middle_block.2.in_layers.0.weight"},
      {"mid_block.attentions.0.proj_out.weight",
       "model.diffusion_model.middle_block.1.proj_out.weight"},
      {"up_blocks.0.resnets.2.norm2.weight",
       "model.diffusion_model.output_blocks.2.0.out_layers.0.weight"},
      {"up_blocks.0.upsamplers.0.conv.weight",
       "model.diffusion_model.output_blocks.2.1.conv.weight"},
      {"up_blocks.1.attentions.0.norm.weight",
       "model.diffusion_model.output_blocks.3.1.norm.weight"},
      {"up_blocks.2.upsamplers.0.conv.bias", "model.diffusion_model.output_blocks.8.2.conv.bias"},
      {"up_blocks.3.attentions.2.transformer_blocks.0.ff.net.0.proj.weight",
       "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.ff.net.0.proj.weight"},
      {"conv_norm_out.weight", "model.diffusion_model.out.0.weight"},
      {"conv_out.weight", "model.diffusion_model.out.2.weight"},
      {"encoder.down_blocks.1.resnets.0.conv_shortcut.weight",
       "first_stage_model.encoder.down.1.block.0.nin_shortcut.weight"},
      {"encoder.down_blocks.2.downsamplers.0.conv.bias",
       "first_stage_model.encoder.down.2.downsample.conv.bias"},
      {"encoder.mid_block.attentions.0.to_q.weight",
       "first_stage_model.encoder.mid.attn_1.q.weight"},
      {"decoder.mid_block.attentions.0.to_out.0.bias",
       "first_stage_model.decoder.mid.attn_1.proj_out.bias"},
      {"decoder.mid_block.resnets.1.conv1.weight",
       "first_stage_model.decoder.mid.block_2.conv1.weight"},
      {"decoder.up_blocks.0.upsamplers.0.conv.weight",
       "first_stage_model.decoder.up.3.upsample.conv.weight"},
      {"decoder.up_blocks.2.resnets.0.conv_shortcut.weight",
       "first_stage_model.decoder.up.1.block.0.nin_shortcut.weight"},
      {"decoder.conv_norm_out.bias", "first_stage_model.decoder.norm_out.bias"},
      {"post_quant_conv.weight", "first_stage_model.post_quant_conv.weight"},
      {"text_model.encoder.layers.11.self_attn.k_proj.bias",
       "cond_stage_model.transformer.text_model.encoder.layers.11.self_attn.k_proj.bias"},
      {"text_model.final_layer_norm.weight",
       "cond_stage_model.transformer.text_model.final_layer_norm.weight"},
  };
  for (const auto& [parameter, key] : expected) {
    ASSERT_EQ(names.count(parameter), 1U) << parameter;
    EXPECT_EQ(names.at(parameter), key);
  }
}

TEST(KeyMap, NamesOfOpenClip) {
  const auto names = by_parameter(single_file_keys(architecture("sd21")));
  const std::string prefix = "cond_stage_model.model.";
  EXPECT_EQ(names.at("text_model.embeddings.token_embedding.weight"),
            prefix + "token_embedding.weight");
  EXPECT_EQ(names.at("text_model.embeddings.position_embedding.weight"),
            prefix + "positional_embedding");
  EXPECT_EQ(names.at("text_model.encoder.layers.22.mlp.fc2.bias"),
            prefix + "transformer.resblocks.22.mlp.c_proj.bias");
  EXPECT_EQ(names.at("text_model.encoder.layers.3.self_attn.v_proj.weight"),
            prefix + "transformer.resblocks.3.attn.in_proj_weight");
  EXPECT_EQ(names.at("text_model.encoder.layers.3.layer_norm1.weight"),
            prefix + "transformer.resblocks.3.ln_1.weight");
  EXPECT_EQ(names.at("text_model.final_layer_norm.bias"), prefix + "ln_final.bias");
}

// The published files have 686 (UNet), 248 (autoencoder) and 196 (CLIP) tensors.
TEST(KeyMap, EveryParameterHasAKeyOfItsOwn) {
  std::map<std::string, std::size_t> sizes;
  for (const std::string& name : architecture_names()) {
    SCOPED_TRACE(name);
    const KeyMap keys = single_file_keys(architecture(name));
    std::set<std::pair<std::string, KeyForm>> used;
    for (const KeyPair& pair : keys) {
      EXPECT_TRUE(used.emplace(pair.key, pair.form).second) << pair.key;
    }
    sizes[name] = keys.size();
  }
  EXPECT_EQ(sizes.at("sd15"), 686U + 248U + 196U);
  EXPECT_EQ(sizes.at("sd15-inpaint"), sizes.at("sd15"));
}

// Parameters of the published models.
TEST(KeyMap, SizesOfThePublishedModels) {
  const auto count = [](const auto& module) {
    std::int64_t sum = 0;
    for (const torch::Tensor& parameter : module->parameters()) sum += parameter.numel();
    return sum;
  };
  const Architecture one = architecture("sd15"), two = architecture("sd21");
  EXPECT_EQ(count(make_unet(one.unet, {})), 859'520'964);
  EXPECT_EQ(count(make_clip_text(one.text, {})), 123'060'480);
  EXPECT_EQ(count(make_autoencoder(one.autoencoder, {})), 83'653'863);
  EXPECT_EQ(count(make_unet(two.unet, {})), 865'910'724);
  EXPECT_EQ(count(make_clip_text(two.text, {})), 340'387'840);
}

TEST(KeyMap, ThirdsAndPointwiseKernelsGoBothWays) {
  const KeyMap keys = {{"q", "qkv", KeyForm::kFirstThird},
                       {"k", "qkv", KeyForm::kSecondThird},
                       {"v", "qkv", KeyForm::kLastThird},
                       {"p", "kernel", KeyForm::kPointwise},
                       {"b", "bias", KeyForm::kPointwise}};
  const NamedTensors parameters = {{"q", torch::randn({3, 2})},
                                   {"k", torch::randn({3, 2})},
                                   {"v", torch::randn({3, 2})},
                                   {"p", torch::randn({4, 5})},
                                   {"b", torch::randn({4})}};
  const NamedTensors stored = to_stored_names(keys, parameters);
  EXPECT_EQ(stored.size(), 3U);
  EXPECT_EQ(stored.at("qkv").sizes(), (std::vector<std::int64_t>{9, 2}));
  EXPECT_EQ(stored.at("kernel").sizes(), (std::vector<std::int64_t>{4, 5, 1, 1}));
  for (const KeyPair& pair : keys) {
    const torch::Tensor& parameter = parameters.at(pair.parameter);
    EXPECT_TRUE(
        torch::equal(take_form(stored.at(pair.key), pair.form, parameter.sizes().vec()), parameter))
        << pair.parameter;
  }
  // What is no multiple of three stays what it is, and is then refused for its shape.
  EXPECT_EQ(take_form(torch::zeros({8, 2}), KeyForm::kFirstThird, {3, 2}).size(0), 8);
}

TEST(SingleFileConfig, PublishedModelsAreRecognisedByTheirShapes) {
  for (const char* name : {"sd15", "sd15-inpaint", "sd21-base"}) {
    SCOPED_TRACE(name);
    const Architecture shape = architecture(name);
    const Weights weights = shapes_of(shape);
    EXPECT_TRUE(is_single_file(weights.tensors));
    EXPECT_EQ(has_open_clip(weights.tensors), std::string(name) == "sd21-base");
    EXPECT_EQ(unet_config_json(infer_unet(weights)), unet_config_json(shape.unet));
    EXPECT_EQ(autoencoder_config_json(infer_autoencoder(weights)),
              autoencoder_config_json(shape.autoencoder));
    EXPECT_EQ(clip_text_config_json(infer_clip_text(weights)), clip_text_config_json(shape.text));
    EXPECT_TRUE(configuration_metadata(weights, shape).empty());
  }
}

TEST(SingleFileConfig, ModelsThatTheirShapesDoNotTellNeedTheirConfiguration) {
  for (const char* name : {"tiny", "mini", "mini-sd2"}) {
    SCOPED_TRACE(name);
    const Architecture shape = architecture(name);
    Weights weights = shapes_of(shape);
    weights.metadata = configuration_metadata(weights, shape);
    ASSERT_EQ(weights.metadata.size(), 1U);
    const Architecture read = infer_architecture(weights, {});
    EXPECT_EQ(unet_config_json(read.unet), unet_config_json(shape.unet));
    EXPECT_EQ(autoencoder_config_json(read.autoencoder),
              autoencoder_config_json(shape.autoencoder));
    EXPECT_EQ(clip_text_config_json(read.text), clip_text_config_json(shape.text));
  }
}

// OpenCLIP's last layer comes with its projection and is not used.
TEST(SingleFileConfig, TheLastLayerOfOpenClipIsLeftOut) {
  Weights weights = shapes_of(architecture("mini-sd2"));
  EXPECT_EQ(infer_clip_text(weights).layers, 4);
  weights.tensors.emplace("cond_stage_model.model.text_projection", torch::zeros({48, 48}));
  EXPECT_EQ(infer_clip_text(weights).layers, 3);
}

TEST(SingleFileConfig, PredictionIsReadFromTheMetadata) {
  Weights weights = shapes_of(architecture("mini"));
  EXPECT_EQ(infer_prediction(weights), "epsilon");
  weights.metadata["modelspec.predict_key"] = "v";
  EXPECT_EQ(infer_prediction(weights), "v_prediction");
}

TEST(SingleFileConfig, WhatIsMissingOrAbsurdIsNamed) {
  const Weights good = shapes_of(architecture("mini"));
  const auto without = [&](const std::string& key) {
    Weights weights = good;
    weights.tensors.erase(key);
    return weights;
  };
  const std::string unet = "model.diffusion_model.";
  EXPECT_ERSATZ_ERROR(infer_unet(without(unet + "out.2.weight")), core::ExitCode::kUntrustedData,
                      "out.2.weight");
  EXPECT_ERSATZ_ERROR(infer_unet(without(unet + "input_blocks.5.0.out_layers.3.weight")),
                      core::ExitCode::kUntrustedData, "input_blocks.5");
  EXPECT_ERSATZ_ERROR(infer_autoencoder(without("first_stage_model.encoder.conv_in.weight")),
                      core::ExitCode::kUntrustedData, "encoder.conv_in.weight");
  EXPECT_ERSATZ_ERROR(
      infer_clip_text(
          without("cond_stage_model.transformer.text_model.embeddings.token_embedding.weight")),
      core::ExitCode::kUntrustedData, "token_embedding");
  Weights empty = good;
  empty.tensors[unet + "input_blocks.0.0.weight"] = torch::zeros({std::int64_t{1} << 40, 0, 3, 3});
  EXPECT_ERSATZ_ERROR(infer_unet(empty), core::ExitCode::kUntrustedData, "input_blocks.0.0.weight");
  Weights xl = good;
  xl.tensors["conditioner.embedders.0.x"] = torch::zeros({1});
  EXPECT_ERSATZ_ERROR(infer_unet(xl), core::ExitCode::kUntrustedData, "XL");
}

}  // namespace
}  // namespace ersatz::models
