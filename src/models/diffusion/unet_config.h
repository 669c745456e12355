// The shape of a UNet2DConditionModel, read from its config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/json.h"

namespace ersatz::models {

struct UNetConfig {
  std::int64_t in_channels = 4, out_channels = 4;
  std::int64_t sample_size = 64;  // latents at which the model was trained; 0 = not given
  std::vector<std::int64_t> block_channels = {320, 640, 1280, 1280};
  std::vector<bool> down_attention = {true, true, true, false};  // CrossAttnDownBlock2D?
  std::vector<bool> up_attention = {false, true, true, true};    // CrossAttnUpBlock2D?
  std::int64_t layers_per_block = 2;
  std::int64_t cross_attention_dim = 768;
  std::vector<std::int64_t> heads = {8, 8, 8, 8};  // per level; "attention_head_dim" in the file
  std::vector<std::int64_t> transformer_layers = {1, 1, 1, 1};  // per level and attention
  std::int64_t norm_groups = 32;
  double norm_epsilon = 1e-5;
  bool linear_projection = false;  // proj_in, proj_out: linear instead of 1x1 convolution
  bool upcast_attention = false;
  bool flip_sin_to_cos = true;
  double frequency_shift = 0;
};

// Reads the fields above. Absent keys take the defaults of diffusers; a key that would change the
// mathematics and is not supported is refused (Error::untrusted naming key and value).
UNetConfig parse_unet_config(const core::Json& config, const std::filesystem::path& file);

// The config.json that diffusers would read for it.
core::Json unet_config_json(const UNetConfig& config);

}  // namespace ersatz::models
