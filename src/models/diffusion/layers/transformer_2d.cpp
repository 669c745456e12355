#include "models/diffusion/layers/transformer_2d.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "models/diffusion/layers/part.h"
#include "models/diffusion/layers/tokens.h"

namespace ersatz::models {

namespace {

constexpr double kEpsilon = 1e-6;  // diffusers' constant here, whatever the network's own

}  // namespace

Transformer2d::Transformer2d(const Transformer2dOptions& options, const std::string& name) {
  const std::int64_t channels = options.block.channels;
  const auto projection = [&] {
    return std::make_shared<Linear>(channels, channels, true, options.projection);
  };
  norm_ = add_part(*this, "norm", std::make_shared<GroupNorm>(options.groups, channels, kEpsilon));
  proj_in_ = add_part(*this, "proj_in", projection());
  for (std::int64_t i = 0; i < options.layers; ++i) {
    const std::string path = fmt::format("transformer_blocks.{}", i);
    blocks_.push_back(add_part(
        *this, path, std::make_shared<TransformerBlock>(options.block, name + "." + path)));
  }
  proj_out_ = add_part(*this, "proj_out", projection());
}

torch::Tensor Transformer2d::forward(const torch::Tensor& x, UNetPass& pass) const {
  const std::int64_t height = x.size(2), width = x.size(3);
  torch::Tensor tokens = proj_in_->forward(to_tokens(norm_->forward(x)));
  for (const auto& block : blocks_) tokens = block->forward(std::move(tokens), height, width, pass);
  return to_map(proj_out_->forward(tokens, to_tokens(x)), height, width);
}

void Transformer2d::add_to_cache(const torch::Tensor& context, CrossAttentionCache& cache) const {
  for (const auto& block : blocks_) {
    cache.keys.push_back(block->cross_attention().key(context));
    cache.values.push_back(block->cross_attention().value(context));
  }
}

}  // namespace ersatz::models
