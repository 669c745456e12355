// The shape of a CLIP text encoder, read from its config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/json.h"

namespace ersatz::models {

enum class ClipActivation { kQuickGelu, kGelu };

struct ClipTextConfig {
  std::int64_t vocabulary = 49408, hidden = 768, intermediate = 3072;
  std::int64_t layers = 12, heads = 12, positions = 77;
  ClipActivation activation = ClipActivation::kQuickGelu;
  double norm_epsilon = 1e-5;
};

// Refuses (Error::untrusted) what would change the mathematics and is not supported.
ClipTextConfig parse_clip_text_config(const core::Json& config, const std::filesystem::path& file);
core::Json clip_text_config_json(const ClipTextConfig& config);

}  // namespace ersatz::models
