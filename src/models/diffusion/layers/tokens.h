// Feature maps as sequences of tokens and back. Both directions are free views when maps lie
// channels-last in memory, as they do throughout the networks of this folder.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::models {

// [B, C, H, W] -> [B, H*W, C], rows first.
torch::Tensor to_tokens(const torch::Tensor& map);
// [B, H*W, C] -> [B, C, H, W].
torch::Tensor to_map(const torch::Tensor& tokens, std::int64_t height, std::int64_t width);

}  // namespace ersatz::models
