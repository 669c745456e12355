#include "models/diffusion/unet_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/diffusion/config_reader.h"

namespace ersatz::models {

namespace {

constexpr std::int64_t kMostChannels = 8192;
constexpr std::int64_t kMostHeadChannels = 512;  // of compute::attention
constexpr std::int64_t kMaxSampleSize = 1024;    // latents: pictures of 8192 px

constexpr const char* kCrossDown = "CrossAttnDownBlock2D";
constexpr const char* kPlainDown = "DownBlock2D";
constexpr const char* kCrossUp = "CrossAttnUpBlock2D";
constexpr const char* kPlainUp = "UpBlock2D";

std::vector<bool> read_block_types(ConfigReader& reader, const char* key, const char* cross,
                                   const char* plain, std::vector<std::string> fallback,
                                   std::size_t levels) {
  std::vector<bool> result;
  for (const std::string& type : reader.texts(key, std::move(fallback))) {
    if (type != cross && type != plain) {
      reader.refuse(key, type, fmt::format("not supported, only {} and {}", cross, plain));
    }
    result.push_back(type == cross);
  }
  if (result.size() != levels) {
    reader.refuse(
        fmt::format("{} names {} blocks, block_out_channels {}", key, result.size(), levels));
  }
  return result;
}

std::int64_t read_sample_size(ConfigReader& reader) {
  const core::Json& value = reader.raw("sample_size");
  if (value.is_null()) return 0;
  if (value.is_array()) {
    const auto sides = reader.integers("sample_size", {}, 1, kMaxSampleSize);
    if (sides.size() != 2 || sides[0] != sides[1]) {
      reader.refuse("sample_size", value, "only square sizes are supported");
    }
    return sides[0];
  }
  return reader.integer("sample_size", 0, 1, kMaxSampleSize);
}

// What diffusers can do and this network cannot, with the only value that is understood.
void refuse_other_mathematics(ConfigReader& reader) {
  for (const char* key : {"center_input_sample", "only_cross_attention", "dual_cross_attention",
                          "class_embeddings_concat", "resnet_skip_time_act"}) {
    reader.only(key, false);
  }
  for (const char* key :
       {"num_attention_heads", "class_embed_type", "addition_embed_type", "num_class_embeds",
        "encoder_hid_dim", "encoder_hid_dim_type", "time_cond_proj_dim", "time_embedding_dim",
        "time_embedding_act_fn", "timestep_post_act", "cross_attention_norm",
        "reverse_transformer_layers_per_block"}) {
    reader.only(key, nullptr);
  }
  reader.only("mid_block_only_cross_attention", false);
  for (const char* key :
       {"mid_block_scale_factor", "resnet_out_scale_factor", "downsample_padding"}) {
    reader.only(key, 1);
  }
  reader.only("conv_in_kernel", 3);
  reader.only("conv_out_kernel", 3);
  reader.only("dropout", 0);
  reader.only("act_fn", "silu");
  reader.only("time_embedding_type", "positional");
  reader.only("resnet_time_scale_shift", "default");
  reader.only("attention_type", "default");
  // Only matter together with one of the above.
  reader.ignore({"addition_embed_type_num_heads", "addition_time_embed_dim",
                 "projection_class_embeddings_input_dim"});
  if (reader.text("mid_block_type", "UNetMidBlock2DCrossAttn") != "UNetMidBlock2DCrossAttn") {
    reader.refuse("mid_block_type", reader.raw("mid_block_type"),
                  "not supported, only UNetMidBlock2DCrossAttn");
  }
}

void check_divisibility(const ConfigReader& reader, const UNetConfig& config) {
  const std::size_t levels = config.block_channels.size();
  for (std::size_t i = 0; i < levels; ++i) {
    const std::int64_t channels = config.block_channels[i];
    if (channels % config.norm_groups != 0) {
      reader.refuse(fmt::format("norm_num_groups = {} does not divide block_out_channels[{}] = {}",
                                config.norm_groups, i, channels));
    }
    const bool attention =
        config.down_attention[i] || config.up_attention[levels - 1 - i] || i + 1 == levels;
    if (attention &&
        (channels % config.heads[i] != 0 || channels / config.heads[i] > kMostHeadChannels)) {
      reader.refuse(fmt::format(
          "attention_head_dim[{}] = {} heads for {} channels: heads must divide the channels and "
          "leave at most {} for each",
          i, config.heads[i], channels, kMostHeadChannels));
    }
  }
}

}  // namespace

UNetConfig parse_unet_config(const core::Json& json, const std::filesystem::path& file) {
  ConfigReader reader(json, file);
  UNetConfig config;
  config.in_channels = reader.integer("in_channels", 4, 1, kMostChannels);
  config.out_channels = reader.integer("out_channels", 4, 1, kMostChannels);
  config.sample_size = read_sample_size(reader);
  config.block_channels =
      reader.integers("block_out_channels", {320, 640, 1280, 1280}, 1, kMostChannels);
  const std::size_t levels = config.block_channels.size();
  if (levels > 8) reader.refuse(fmt::format("block_out_channels has {} levels, at most 8", levels));
  config.down_attention =
      read_block_types(reader, "down_block_types", kCrossDown, kPlainDown,
                       {kCrossDown, kCrossDown, kCrossDown, kPlainDown}, levels);
  config.up_attention = read_block_types(reader, "up_block_types", kCrossUp, kPlainUp,
                                         {kPlainUp, kCrossUp, kCrossUp, kCrossUp}, levels);
  config.layers_per_block = reader.integer("layers_per_block", 2, 1, 16);
  config.transformer_layers = reader.per_level("transformer_layers_per_block", 1, levels, 1, 32);
  config.cross_attention_dim = reader.integer("cross_attention_dim", 1280, 1, kMostChannels);
  config.heads = reader.per_level("attention_head_dim", 8, levels, 1, kMostChannels);
  config.norm_groups = reader.integer("norm_num_groups", 32, 1, kMostChannels);
  config.norm_epsilon = reader.number("norm_eps", 1e-5, 0, 1);
  config.linear_projection = reader.boolean("use_linear_projection", false);
  config.upcast_attention = reader.boolean("upcast_attention", false);
  config.flip_sin_to_cos = reader.boolean("flip_sin_to_cos", true);
  config.frequency_shift = reader.number("freq_shift", 0, -1, 1);
  refuse_other_mathematics(reader);
  reader.finish();
  check_divisibility(reader, config);
  return config;
}

core::Json unet_config_json(const UNetConfig& config) {
  const auto types = [](const std::vector<bool>& attention, const char* cross, const char* plain) {
    core::Json names = core::Json::array();
    for (const bool has : attention) names.push_back(has ? cross : plain);
    return names;
  };
  const auto per_level = [](const std::vector<std::int64_t>& values) {
    const bool same = std::all_of(values.begin(), values.end(),
                                  [&](std::int64_t value) { return value == values.front(); });
    return same ? core::Json(values.front()) : core::Json(values);
  };
  core::Json json;
  json["_class_name"] = "UNet2DConditionModel";
  json["act_fn"] = "silu";
  json["attention_head_dim"] = per_level(config.heads);
  json["block_out_channels"] = config.block_channels;
  json["center_input_sample"] = false;
  json["cross_attention_dim"] = config.cross_attention_dim;
  json["down_block_types"] = types(config.down_attention, kCrossDown, kPlainDown);
  json["downsample_padding"] = 1;
  json["flip_sin_to_cos"] = config.flip_sin_to_cos;
  json["freq_shift"] = config.frequency_shift;
  json["in_channels"] = config.in_channels;
  json["layers_per_block"] = config.layers_per_block;
  json["mid_block_scale_factor"] = 1;
  json["norm_eps"] = config.norm_epsilon;
  json["norm_num_groups"] = config.norm_groups;
  json["out_channels"] = config.out_channels;
  json["sample_size"] = config.sample_size == 0 ? core::Json() : core::Json(config.sample_size);
  json["transformer_layers_per_block"] = per_level(config.transformer_layers);
  json["up_block_types"] = types(config.up_attention, kCrossUp, kPlainUp);
  json["upcast_attention"] = config.upcast_attention;
  json["use_linear_projection"] = config.linear_projection;
  return json;
}

}  // namespace ersatz::models
