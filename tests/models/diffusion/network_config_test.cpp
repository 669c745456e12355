#include <gtest/gtest.h>

#include "models/diffusion/autoencoder_config.h"
#include "models/diffusion/clip_text_config.h"
#include "models/diffusion/unet_config.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::Json;

TEST(UNetConfig, AbsentKeysTakeTheDefaultsOfDiffusers) {
  const UNetConfig config = parse_unet_config(Json::object(), "config.json");
  EXPECT_EQ(config.block_channels, (std::vector<std::int64_t>{320, 640, 1280, 1280}));
  EXPECT_EQ(config.cross_attention_dim, 1280) << "not that of Stable Diffusion";
  EXPECT_EQ(config.heads, (std::vector<std::int64_t>{8, 8, 8, 8}));
  EXPECT_EQ(config.sample_size, 0);
  EXPECT_FALSE(config.linear_projection);
  EXPECT_EQ(config.down_attention, (std::vector<bool>{true, true, true, false}));
  EXPECT_EQ(config.up_attention, (std::vector<bool>{false, true, true, true}));
}

TEST(UNetConfig, ReadsHeadsPerLevel) {
  const Json json = {{"attention_head_dim", {5, 10, 20, 20}},
                     {"use_linear_projection", true},
                     {"upcast_attention", true},
                     {"cross_attention_dim", 1024},
                     {"sample_size", 96}};
  const UNetConfig config = parse_unet_config(json, "config.json");
  EXPECT_EQ(config.heads, (std::vector<std::int64_t>{5, 10, 20, 20}));
  EXPECT_TRUE(config.linear_projection && config.upcast_attention);
  EXPECT_EQ(config.sample_size, 96);
}

TEST(UNetConfig, RefusesOtherMathematicsByName) {
  const std::vector<std::pair<const char*, Json>> refused = {
      {"dual_cross_attention", true},
      {"class_embed_type", "timestep"},
      {"addition_embed_type", "text_time"},
      {"only_cross_attention", true},
      {"only_cross_attention", {true, false, false, false}},
      {"time_embedding_type", "fourier"},
      {"resnet_time_scale_shift", "scale_shift"},
      {"encoder_hid_dim", 768},
      {"mid_block_only_cross_attention", true},
      {"mid_block_type", "UNetMidBlock2DSimpleCrossAttn"},
      {"act_fn", "gelu"},
      {"num_class_embeds", 1000},
      {"num_attention_heads", 8},
      {"conv_in_kernel", 1},
      {"downsample_padding", 0},
      {"mid_block_scale_factor", 1.4142},
      {"center_input_sample", true},
      {"attention_type", "gated"},
      {"dropout", 0.1},
      {"a_new_key", 1}};
  for (const auto& [key, value] : refused) {
    EXPECT_ERSATZ_ERROR(parse_unet_config(Json{{key, value}}, "folder/config.json"),
                        core::ExitCode::kUntrustedData, key);
  }
}

TEST(UNetConfig, AcceptsWhatChangesNothing) {
  const Json json = {{"_class_name", "UNet2DConditionModel"},
                     {"_anything", {1, 2}},
                     {"dual_cross_attention", nullptr},
                     {"mid_block_scale_factor", 1.0},
                     {"mid_block_only_cross_attention", nullptr},
                     {"addition_embed_type_num_heads", 64},
                     {"projection_class_embeddings_input_dim", nullptr}};
  EXPECT_NO_THROW(parse_unet_config(json, "config.json"));
}

TEST(UNetConfig, RefusesImpossibleNumbers) {
  const std::vector<std::pair<const char*, Json>> refused = {
      {"norm_num_groups", 7},
      {"norm_num_groups", nullptr},
      {"attention_head_dim", 7},
      {"attention_head_dim", 0},
      {"attention_head_dim", {8, 8}},
      {"in_channels", -4},
      {"in_channels", 4.5},
      {"in_channels", 18446744073709551615ULL},
      {"block_out_channels", Json::array()},
      {"block_out_channels", {320, 1000000000}},
      {"layers_per_block", {2, 2, 2, 2}},
      {"down_block_types", {"DownBlock2D"}},
      {"down_block_types", {"AttnDownBlock2D", "DownBlock2D", "DownBlock2D", "DownBlock2D"}},
      {"sample_size", {64, 96}},
      {"sample_size", {1025, 1025}},
      {"sample_size", 1025}};
  for (const auto& [key, value] : refused) {
    EXPECT_ERSATZ_ERROR(parse_unet_config(Json{{key, value}}, "folder/config.json"),
                        core::ExitCode::kUntrustedData, key);
  }
  EXPECT_EQ(parse_unet_config(Json{{"sample_size", 1024}}, "c.json").sample_size, 1024);
  EXPECT_ERSATZ_ERROR(parse_unet_config(Json::array(), "c.json"), core::ExitCode::kUntrustedData,
                      "object");
}

TEST(UNetConfig, WrittenAndReadAgain) {
  UNetConfig config;
  config.in_channels = 9;
  config.block_channels = {32, 64};
  config.down_attention = {false, true};
  config.up_attention = {true, false};
  config.heads = {2, 4};
  config.transformer_layers = {1, 2};
  config.linear_projection = true;
  config.sample_size = 0;
  const Json json = unet_config_json(config);
  const UNetConfig again = parse_unet_config(json, "config.json");
  EXPECT_EQ(unet_config_json(again), json);
  EXPECT_EQ(again.heads, config.heads);
  EXPECT_EQ(again.transformer_layers, config.transformer_layers);
  EXPECT_EQ(again.down_attention, config.down_attention);
}

TEST(ClipTextConfig, ReadsAndRefuses) {
  const Json json = {{"hidden_act", "gelu"}, {"hidden_size", 1024}, {"num_attention_heads", 16},
                     {"eos_token_id", 2},    {"_name_or_path", ""}, {"torch_dtype", "float16"}};
  const ClipTextConfig config = parse_clip_text_config(json, "config.json");
  EXPECT_EQ(config.activation, ClipActivation::kGelu);
  EXPECT_EQ(config.heads, 16);
  EXPECT_EQ(parse_clip_text_config(Json::object(), "c").hidden, 512) << "transformers' default";
  const Json written = clip_text_config_json(config);
  EXPECT_EQ(clip_text_config_json(parse_clip_text_config(written, "config.json")), written);
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, Json>>{{"hidden_act", "relu"},
                                                 {"model_type", "bert"},
                                                 {"text_config", Json::object()},
                                                 {"num_attention_heads", 7},
                                                 {"attention_dropout", 0.1}}) {
    EXPECT_ERSATZ_ERROR(parse_clip_text_config(Json{{key, value}}, "folder/config.json"),
                        core::ExitCode::kUntrustedData, key);
  }
}

TEST(AutoencoderConfig, ReadsAndRefuses) {
  const Json defaults = autoencoder_config_json({});
  const AutoencoderConfig config = parse_autoencoder_config(defaults, "config.json");
  EXPECT_EQ(config.factor(), 8);
  EXPECT_EQ(config.block_channels, (std::vector<std::int64_t>{128, 256, 512, 512}));
  EXPECT_EQ(autoencoder_config_json(config), defaults);
  Json old = defaults;
  old.erase("scaling_factor");
  EXPECT_EQ(parse_autoencoder_config(old, "config.json").scaling_factor, 0.18215);
  for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{
           {"act_fn", "relu"},
           {"shift_factor", 0.1},
           {"use_quant_conv", false},
           {"mid_block_add_attention", false},
           {"up_block_types", {"UpDecoderBlock2D"}},
           {"down_block_types", {"AttnDownEncoderBlock2D", "a", "b", "c"}},
           {"out_channels", 1},
           {"norm_num_groups", 48},
           {"latent_chanels", 4}}) {
    Json changed = defaults;
    changed[key] = value;
    EXPECT_ERSATZ_ERROR(parse_autoencoder_config(changed, "folder/config.json"),
                        core::ExitCode::kUntrustedData, key);
  }
}

}  // namespace
}  // namespace ersatz::models
