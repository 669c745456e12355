// Transformer blocks over the pixels of a feature map (diffusers' Transformer2DModel).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/diffusion/layers/transformer_block.h"

namespace ersatz::models {

struct Transformer2dOptions {
  TransformerBlockOptions block;
  std::int64_t layers = 1;
  std::int64_t groups = 32;  // of the normalisation before the blocks
  LinearWeight projection = LinearWeight::kKernel;
};

class Transformer2d : public torch::nn::Module {
 public:
  // `name`: its path in the network, for observers.
  Transformer2d(const Transformer2dOptions& options, const std::string& name);

  // x [B, C, H, W].
  torch::Tensor forward(const torch::Tensor& x, UNetPass& pass) const;

  // Appends the keys and values that `context` [B, L, context_channels] has in every layer.
  void add_to_cache(const torch::Tensor& context, CrossAttentionCache& cache) const;
  std::size_t layers() const { return blocks_.size(); }

 private:
  std::shared_ptr<GroupNorm> norm_;
  std::shared_ptr<Linear> proj_in_, proj_out_;
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
};

}  // namespace ersatz::models
