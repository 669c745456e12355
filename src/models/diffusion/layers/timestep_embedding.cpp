#include "models/diffusion/layers/timestep_embedding.h"

#include <torch/types.h>

#include <cmath>

#include "models/diffusion/layers/part.h"

namespace ersatz::models {

torch::Tensor sinusoidal_embedding(const torch::Tensor& timesteps, std::int64_t channels,
                                   bool flip_sin_to_cos, double shift) {
  const std::int64_t half = channels / 2;
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(timesteps.device());
  const torch::Tensor exponent = torch::arange(half, options) * -std::log(10000.0);
  const torch::Tensor frequency = torch::exp(exponent / (static_cast<double>(half) - shift));
  const torch::Tensor angle = timesteps.to(torch::kFloat32).unsqueeze(1) * frequency.unsqueeze(0);
  const torch::Tensor sine = torch::sin(angle), cosine = torch::cos(angle);
  torch::Tensor result =
      flip_sin_to_cos ? torch::cat({cosine, sine}, 1) : torch::cat({sine, cosine}, 1);
  if (channels % 2 == 1) result = torch::constant_pad_nd(result, {0, 1});
  return result;
}

TimestepEmbedding::TimestepEmbedding(std::int64_t in, std::int64_t out)
    : linear1_(add_part(*this, "linear_1", std::make_shared<Linear>(in, out))),
      linear2_(add_part(*this, "linear_2", std::make_shared<Linear>(out, out))) {}

torch::Tensor TimestepEmbedding::forward(const torch::Tensor& x) const {
  return linear2_->forward(torch::silu(linear1_->forward(x)));
}

}  // namespace ersatz::models
