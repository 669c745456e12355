// Looking into a denoising network while it runs. An absent observer costs nothing.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace ersatz::models {

// One cross-attention layer at work.
struct CrossAttentionCall {
  std::string name;         // "up_blocks.1.attentions.0.transformer_blocks.0.attn2"
  std::int64_t height = 0;  // of the feature map: N = height * width, rows first
  std::int64_t width = 0;
  std::int64_t heads = 0;
  double scale = 1;
  torch::Tensor query;  // [B, N, heads*D]
  torch::Tensor key;    // [B, L, heads*D], L text tokens
};

class UNetObserver {
 public:
  virtual ~UNetObserver() = default;
  // Called before the layer's own softmax, in the order of execution.
  virtual void on_cross_attention(const CrossAttentionCall&) {}
  // The output of a named part ("conv_in", "time_embedding", "down_blocks.0.resnets.1",
  // "down_blocks.0", "mid_block", ..., "conv_out").
  virtual void on_output(const std::string& /*name*/, const torch::Tensor& /*output*/) {}
};

}  // namespace ersatz::models
