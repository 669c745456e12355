#include "models/diffusion/layers/transformer_block.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

#include "compute/tensor_memory.h"
#include "models/diffusion/layers/part.h"

namespace ersatz::models {

namespace {

// What the feed-forward network widens its rows to, four times as much, is in memory for so many
// rows at a time; enough to keep all threads busy.
constexpr std::int64_t kFeedForwardRows = 1024;

}  // namespace

TransformerBlock::TransformerBlock(const TransformerBlockOptions& options, std::string name)
    : name_(std::move(name)) {
  const std::int64_t channels = options.channels, inner = 4 * channels;
  AttentionOptions attention;
  attention.channels = channels;
  attention.context_channels = channels;
  attention.heads = options.heads;
  attention.upcast = options.upcast_attention;
  norm1_ = add_part(*this, "norm1", std::make_shared<LayerNorm>(channels));
  attn1_ = add_part(*this, "attn1", std::make_shared<AttentionLayer>(attention));
  attention.context_channels = options.context_channels;
  norm2_ = add_part(*this, "norm2", std::make_shared<LayerNorm>(channels));
  attn2_ = add_part(*this, "attn2", std::make_shared<AttentionLayer>(attention));
  norm3_ = add_part(*this, "norm3", std::make_shared<LayerNorm>(channels));
  widen_ = add_part(*this, "ff.net.0.proj", std::make_shared<Linear>(channels, 2 * inner));
  narrow_ = add_part(*this, "ff.net.2", std::make_shared<Linear>(inner, channels));
}

torch::Tensor TransformerBlock::forward(torch::Tensor x, std::int64_t height, std::int64_t width,
                                        UNetPass& pass) const {
  x = attn1_->self_attention(norm1_->forward(x), x);

  torch::Tensor query = attn2_->query(norm2_->forward(x));
  const torch::Tensor &key = pass.cache.keys[pass.next_layer],
                      &value = pass.cache.values[pass.next_layer];
  ++pass.next_layer;
  if (pass.observer != nullptr) {
    pass.observer->on_cross_attention(
        {name_ + ".attn2", height, width, attn2_->heads(), attn2_->scale(), query, key});
  }
  x = attn2_->attend(std::move(query), key, value, x);

  return feed_forward(std::move(x));
}

torch::Tensor TransformerBlock::feed_forward(torch::Tensor x) const {
  const auto of = [&](const torch::Tensor& rows) {
    return narrow_->forward(widen_->forward_geglu(norm3_->forward(rows)), rows);
  };
  const bool in_place = x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.is_contiguous() &&
                        !torch::GradMode::is_enabled() && compute::owned_alone(x);
  if (!in_place) return of(x);
  const torch::Tensor all = x.flatten(0, 1);
  for (std::int64_t first = 0; first < all.size(0); first += kFeedForwardRows) {
    torch::Tensor rows = all.narrow(0, first, std::min(kFeedForwardRows, all.size(0) - first));
    rows.copy_(of(rows));
  }
  return x;
}

}  // namespace ersatz::models
