#include "models/diffusion/autoencoder_config.h"

#include <fmt/format.h>

#include "models/diffusion/config_reader.h"

namespace ersatz::models {

namespace {

constexpr std::int64_t kMostChannels = 8192;
constexpr const char* kDown = "DownEncoderBlock2D";
constexpr const char* kUp = "UpDecoderBlock2D";

void check_block_types(ConfigReader& reader, const char* key, const char* supported,
                       std::size_t levels) {
  const std::vector<std::string> types = reader.texts(key, {supported});
  for (const std::string& type : types) {
    if (type != supported) reader.refuse(key, type, fmt::format("only {} is supported", supported));
  }
  if (types.size() != levels) {
    reader.refuse(
        fmt::format("{} names {} blocks, block_out_channels {}", key, types.size(), levels));
  }
}

}  // namespace

AutoencoderConfig parse_autoencoder_config(const core::Json& json,
                                           const std::filesystem::path& file) {
  ConfigReader reader(json, file);
  // Absent keys: the defaults of diffusers' AutoencoderKL, not those of Stable Diffusion.
  AutoencoderConfig config;
  config.image_channels = reader.integer("in_channels", 3, 1, 64);
  if (reader.integer("out_channels", 3, 1, 64) != config.image_channels) {
    reader.refuse("out_channels differs from in_channels");
  }
  config.latent_channels = reader.integer("latent_channels", 4, 1, 256);
  config.block_channels = reader.integers("block_out_channels", {64}, 1, kMostChannels);
  const std::size_t levels = config.block_channels.size();
  if (levels > 8) reader.refuse(fmt::format("block_out_channels has {} levels, at most 8", levels));
  check_block_types(reader, "down_block_types", kDown, levels);
  check_block_types(reader, "up_block_types", kUp, levels);
  config.layers_per_block = reader.integer("layers_per_block", 1, 1, 16);
  config.norm_groups = reader.integer("norm_num_groups", 32, 1, kMostChannels);
  config.scaling_factor = reader.number("scaling_factor", 0.18215, 1e-6, 1e6);
  reader.only("act_fn", "silu");
  for (const char* key : {"shift_factor", "latents_mean", "latents_std"}) reader.only(key, nullptr);
  for (const char* key : {"use_quant_conv", "use_post_quant_conv", "mid_block_add_attention"}) {
    reader.only(key, true);
  }
  // The size of training images, and in which type diffusers would compute.
  reader.ignore({"sample_size", "force_upcast"});
  reader.finish();
  for (const std::int64_t channels : config.block_channels) {
    if (channels % config.norm_groups != 0) {
      reader.refuse(fmt::format("norm_num_groups = {} does not divide a block of {} channels",
                                config.norm_groups, channels));
    }
  }
  if (config.block_channels.back() > 512) {
    reader.refuse(
        fmt::format("attention over {} channels, at most 512", config.block_channels.back()));
  }
  return config;
}

core::Json autoencoder_config_json(const AutoencoderConfig& config) {
  const std::size_t levels = config.block_channels.size();
  core::Json json;
  json["_class_name"] = "AutoencoderKL";
  json["act_fn"] = "silu";
  json["block_out_channels"] = config.block_channels;
  json["down_block_types"] = std::vector<std::string>(levels, kDown);
  json["in_channels"] = config.image_channels;
  json["latent_channels"] = config.latent_channels;
  json["layers_per_block"] = config.layers_per_block;
  json["norm_num_groups"] = config.norm_groups;
  json["out_channels"] = config.image_channels;
  json["scaling_factor"] = config.scaling_factor;
  json["up_block_types"] = std::vector<std::string>(levels, kUp);
  return json;
}

}  // namespace ersatz::models
