#include "models/diffusion/layers/transformer_block.h"

#include <torch/torch.h>

#include "models/diffusion/layers/part.h"

namespace ersatz::models {

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

  const torch::Tensor query = attn2_->query(norm2_->forward(x));
  const torch::Tensor &key = pass.cache.keys[pass.next_layer],
                      &value = pass.cache.values[pass.next_layer];
  ++pass.next_layer;
  if (pass.observer != nullptr) {
    pass.observer->on_cross_attention(
        {name_ + ".attn2", height, width, attn2_->heads(), attn2_->scale(), query, key});
  }
  x = attn2_->attend(query, key, value, x);

  return narrow_->forward(widen_->forward_geglu(norm3_->forward(x)), x);
}

}  // namespace ersatz::models
