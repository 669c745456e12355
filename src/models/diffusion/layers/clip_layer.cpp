#include "models/diffusion/layers/clip_layer.h"

#include <torch/types.h>

#include <cmath>

#include "compute/attention.h"
#include "compute/fused_layers.h"
#include "models/diffusion/layers/part.h"

namespace ersatz::models {

ClipLayer::ClipLayer(const ClipTextConfig& config)
    : heads_(config.heads),
      scale_(1.0 / std::sqrt(static_cast<double>(config.hidden / config.heads))),
      activation_(config.activation) {
  const auto square = [&](const char* path) {
    return add_part(*this, path, std::make_shared<Linear>(config.hidden, config.hidden));
  };
  norm1_ = add_part(*this, "layer_norm1",
                    std::make_shared<LayerNorm>(config.hidden, config.norm_epsilon));
  q_ = square("self_attn.q_proj");
  k_ = square("self_attn.k_proj");
  v_ = square("self_attn.v_proj");
  out_ = square("self_attn.out_proj");
  norm2_ = add_part(*this, "layer_norm2",
                    std::make_shared<LayerNorm>(config.hidden, config.norm_epsilon));
  fc1_ = add_part(*this, "mlp.fc1", std::make_shared<Linear>(config.hidden, config.intermediate));
  fc2_ = add_part(*this, "mlp.fc2", std::make_shared<Linear>(config.intermediate, config.hidden));
}

torch::Tensor ClipLayer::attend(const torch::Tensor& x, const torch::Tensor& residual,
                                const torch::Tensor& seen) const {
  const torch::Tensor q = q_->forward(x), k = k_->forward(x), v = v_->forward(x);
  constexpr bool kCausal = true;
  return out_->forward(seen.defined()
                           ? compute::masked_attention(q, k, v, heads_, scale_, seen, kCausal)
                           : compute::attention(q, k, v, heads_, scale_, kCausal),
                       residual);
}

torch::Tensor ClipLayer::perceptron(const torch::Tensor& x, const torch::Tensor& residual) const {
  const torch::Tensor h = fc1_->forward(x);
  return fc2_->forward(
      activation_ == ClipActivation::kQuickGelu ? compute::quick_gelu(h) : torch::gelu(h),
      residual);
}

torch::Tensor ClipLayer::forward(torch::Tensor x, const torch::Tensor& seen) const {
  x = attend(norm1_->forward(x), x, seen);
  return perceptron(norm2_->forward(x), x);
}

}  // namespace ersatz::models
