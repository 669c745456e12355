// Self-attention, cross-attention and a gated feed-forward layer, each added to its input
// (diffusers' BasicTransformerBlock).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "models/diffusion/layers/attention_layer.h"
#include "models/diffusion/layers/norm.h"
#include "models/diffusion/layers/unet_pass.h"

namespace ersatz::models {

struct TransformerBlockOptions {
  std::int64_t channels = 0;
  std::int64_t context_channels = 0;
  std::int64_t heads = 1;
  bool upcast_attention = false;
};

class TransformerBlock : public torch::nn::Module {
 public:
  // `name`: its path in the network, for observers.
  TransformerBlock(const TransformerBlockOptions& options, std::string name);

  // x [B, height*width, channels], moved in.
  torch::Tensor forward(torch::Tensor x, std::int64_t height, std::int64_t width,
                        UNetPass& pass) const;

  const AttentionLayer& cross_attention() const { return *attn2_; }

 private:
  torch::Tensor feed_forward(torch::Tensor x) const;

  std::string name_;
  std::shared_ptr<LayerNorm> norm1_, norm2_, norm3_;
  std::shared_ptr<AttentionLayer> attn1_, attn2_;
  std::shared_ptr<Linear> widen_, narrow_;
};

}  // namespace ersatz::models
