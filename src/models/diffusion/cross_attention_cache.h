// Keys and values of every cross-attention layer for one batch of prompts, in the order of
// execution. They depend on the prompt alone: made once, used at every step.
#pragma once

#include <torch/types.h>

#include <vector>

namespace ersatz::models {

struct CrossAttentionCache {
  std::vector<torch::Tensor> keys, values;  // each [B, L, heads*D]
  // The same with rows chosen by `index` (int64 [B']).
  CrossAttentionCache select(const torch::Tensor& index) const;
};

}  // namespace ersatz::models
