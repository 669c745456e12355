#include "models/diffusion/initial_weights.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <string>

#include "compute/random_rows.h"
#include "compute/torch_shim.h"
#include "core/affix.h"
#include "models/initialise.h"

namespace ersatz::models {

namespace {

// Whether the layer's result is added to a residual stream, or is the network's answer.
bool begins_at_zero(const std::string& name) {
  if (name == "conv_out.weight" || core::ends_with(name, "proj_out.weight")) return true;
  return name.find("resnets.") != std::string::npos && core::ends_with(name, "conv2.weight");
}

torch::Tensor uniform(const torch::Tensor& like, double bound, std::uint64_t seed,
                      const std::string& stream) {
  const std::vector<std::int64_t> shape(like.sizes().begin() + 1, like.sizes().end());
  const auto limit = static_cast<float>(bound);
  return compute::uniform_rows(like.size(0), shape, -limit, limit, seed, stream);
}

// Biases 0, norms 1.
void fill_vector(const std::string& name, torch::Tensor& parameter) {
  parameter.fill_(core::ends_with(name, "bias") ? 0.0 : 1.0);
}

double clip_deviation(const std::string& name, const ClipTextConfig& config) {
  const auto hidden = static_cast<double>(config.hidden);
  const double depth = std::sqrt(2.0 * static_cast<double>(config.layers));
  if (name.find("token_embedding") != std::string::npos) return 0.02;
  if (name.find("position_embedding") != std::string::npos) return 0.01;
  if (name.find("out_proj") != std::string::npos) return 1.0 / std::sqrt(hidden);
  if (name.find("mlp.fc1") != std::string::npos) return 1.0 / std::sqrt(2.0 * hidden);
  return 1.0 / (std::sqrt(hidden) * depth);  // query, key, value, mlp.fc2
}

}  // namespace

void initialise_unet(UNet& network, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  compute::for_each_parameter(network, [&](const std::string& name, torch::Tensor parameter) {
    if (parameter.dim() < 2) {
      fill_vector(name, parameter);
    } else if (begins_at_zero(name)) {
      parameter.zero_();
    } else {
      const auto inputs = static_cast<double>(parameter.numel() / parameter.size(0));
      parameter.copy_(
          uniform(parameter, 1.0 / std::sqrt(inputs), seed, fmt::format("initial/unet/{}", name)));
    }
  });
}

void initialise_clip_text(ClipText& network, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  compute::for_each_parameter(network, [&](const std::string& name, torch::Tensor parameter) {
    if (parameter.dim() < 2) {
      fill_vector(name, parameter);
    } else {
      parameter.copy_(normal_weights(parameter.sizes().vec(),
                                     clip_deviation(name, network.config()), seed,
                                     fmt::format("initial/text_encoder/{}", name)));
    }
  });
}

}  // namespace ersatz::models
