#include "models/diffusion/layers/linear.h"

#include <torch/types.h>

#include "compute/conv2d.h"
#include "compute/fused_layers.h"
#include "compute/gradients.h"
#include "compute/linear.h"
#include "models/diffusion/layers/tokens.h"

namespace ersatz::models {

Linear::Linear(std::int64_t in, std::int64_t out, bool bias, LinearWeight shape) {
  const std::vector<std::int64_t> sizes = shape == LinearWeight::kKernel
                                              ? std::vector<std::int64_t>{out, in, 1, 1}
                                              : std::vector<std::int64_t>{out, in};
  weight_ = register_parameter("weight", torch::empty(sizes), false);
  if (bias) bias_ = register_parameter("bias", torch::empty({out}), false);
}

torch::Tensor Linear::forward(const torch::Tensor& x, const torch::Tensor& residual) const {
  const torch::Tensor out = compute::linear(x, matrix(), bias_, residual);
  if (!low_rank_) return out;
  const torch::Tensor inner = compute::linear(x, low_rank_->down, {});
  return compute::linear(inner * low_rank_->scale, low_rank_->up, {}, out);
}

torch::Tensor Linear::forward_map(const torch::Tensor& map) const {
  // Forth and back, few channels of many pixels: a shape that matrix products are slow at and
  // convolutions are not.
  if (weight_.dim() == 4 && !low_rank_ && compute::needs_gradient({map, weight_})) {
    return compute::conv2d(map, weight_, bias_, {});
  }
  return to_map(forward(to_tokens(map)), map.size(2), map.size(3));
}

torch::Tensor Linear::forward_geglu(const torch::Tensor& x) const {
  return low_rank_ ? compute::geglu(forward(x)) : compute::linear_geglu(x, matrix(), bias_);
}

torch::Tensor Linear::matrix() const {
  return weight_.dim() == 4 ? weight_.reshape({weight_.size(0), weight_.size(1)}) : weight_;
}

}  // namespace ersatz::models
