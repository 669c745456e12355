#include "models/diffusion/layers/attention_layer.h"

#include <torch/types.h>

#include <cmath>
#include <utility>

#include "compute/attention.h"
#include "compute/torch_shim.h"
#include "models/diffusion/layers/part.h"

namespace ersatz::models {

AttentionLayer::AttentionLayer(const AttentionOptions& options) : options_(options) {
  const std::int64_t channels = options.channels, context = options.context_channels;
  to_q_ = add_part(*this, "to_q", std::make_shared<Linear>(channels, channels, options.bias));
  to_k_ = add_part(*this, "to_k", std::make_shared<Linear>(context, channels, options.bias));
  to_v_ = add_part(*this, "to_v", std::make_shared<Linear>(context, channels, options.bias));
  to_out_ = add_part(*this, "to_out.0", std::make_shared<Linear>(channels, channels));
}

double AttentionLayer::scale() const {
  return 1.0 / std::sqrt(static_cast<double>(options_.channels / options_.heads));
}

torch::Tensor AttentionLayer::query(const torch::Tensor& x) const { return to_q_->forward(x); }

torch::Tensor AttentionLayer::key(const torch::Tensor& context) const {
  return to_k_->forward(context);
}

torch::Tensor AttentionLayer::value(const torch::Tensor& context) const {
  return to_v_->forward(context);
}

torch::Tensor AttentionLayer::attend(torch::Tensor q, torch::Tensor k, torch::Tensor v,
                                     const torch::Tensor& residual) const {
  const auto type = q.scalar_type();
  const bool narrow = (type == torch::kFloat16 || type == torch::kBFloat16) &&
                      !compute::attention_is_wide(q.device(), options_.channels / options_.heads);
  if (options_.upcast && narrow) {
    const torch::Tensor mixed = compute::attention(q.to(torch::kFloat32), k.to(torch::kFloat32),
                                                   v.to(torch::kFloat32), options_.heads, scale());
    return to_out_->forward(mixed.to(type), residual);
  }
  const torch::Tensor mixed = compute::attention(std::move(q), k, v, options_.heads, scale());
  k.reset();
  v.reset();
  return to_out_->forward(mixed, residual);
}

torch::Tensor AttentionLayer::self_attention(torch::Tensor x, const torch::Tensor& residual) const {
  torch::Tensor q = query(x), k = key(x), v = value(x);
  x.reset();
  return attend(std::move(q), std::move(k), std::move(v), residual);
}

}  // namespace ersatz::models
