// The shape of an AutoencoderKL, read from its config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/json.h"

namespace ersatz::models {

struct AutoencoderConfig {
  std::int64_t image_channels = 3, latent_channels = 4;
  std::vector<std::int64_t> block_channels = {128, 256, 512, 512};
  std::int64_t layers_per_block = 2;
  std::int64_t norm_groups = 32;
  double scaling_factor = 0.18215;  // the UNet's latents = this times the encoder's

  // Image pixels per latent pixel along one side: 2^(levels - 1).
  std::int64_t factor() const { return std::int64_t{1} << (block_channels.size() - 1); }
};

AutoencoderConfig parse_autoencoder_config(const core::Json& config,
                                           const std::filesystem::path& file);
core::Json autoencoder_config_json(const AutoencoderConfig& config);

}  // namespace ersatz::models
