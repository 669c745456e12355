#include "models/diffusion/layers/norm.h"

#include <torch/types.h>

#include "compute/fused_layers.h"

namespace ersatz::models {

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, double epsilon)
    : groups_(groups), epsilon_(epsilon) {
  weight_ = register_parameter("weight", torch::empty({channels}), false);
  bias_ = register_parameter("bias", torch::empty({channels}), false);
}

torch::Tensor GroupNorm::forward(torch::Tensor x, bool silu) const {
  const auto type = x.scalar_type();
  return compute::group_norm(std::move(x), groups_, weight_.to(type), bias_.to(type), epsilon_,
                             silu);
}

LayerNorm::LayerNorm(std::int64_t channels, double epsilon) : epsilon_(epsilon) {
  weight_ = register_parameter("weight", torch::empty({channels}), false);
  bias_ = register_parameter("bias", torch::empty({channels}), false);
}

torch::Tensor LayerNorm::forward(const torch::Tensor& x) const {
  const auto type = x.scalar_type();
  return compute::layer_norm(x, weight_.to(type), bias_.to(type), epsilon_);
}

}  // namespace ersatz::models
