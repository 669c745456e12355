#include "models/pixelda_discriminator.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "models/initialise.h"
#include "models/noisy_dropout.h"

namespace ersatz::models {

namespace {

constexpr std::int64_t kSmallestSide = 4;

}  // namespace

PixelDaDiscriminator::PixelDaDiscriminator(const PixelDaOptions& options, std::uint64_t seed)
    : options_(options) {
  check(options);
  const auto weight = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    const torch::Tensor value =
        normal_weights(shape, options.initial_deviation, seed, "discriminator/" + name);
    return register_parameter(name, shape.size() == 4 ? channels_last_kernel(value) : value);
  };
  std::int64_t filters = options.discriminator_filters, side = options.image_size;
  first_weight_ = weight("first_weight", {filters, 1, 3, 3});
  first_bias_ = register_parameter("first_bias", torch::zeros({filters}));
  for (int i = 2; side > kSmallestSide; ++i) {
    Layer layer;
    layer.weight = weight(fmt::format("layer{}_weight", i), {2 * filters, filters, 3, 3});
    layer.norm =
        register_module(fmt::format("layer{}_norm", i),
                        std::make_shared<OffsetBatchNorm>(2 * filters, options.batch_norm_decay));
    layers_.push_back(std::move(layer));
    filters *= 2;
    side = (side + 1) / 2;
  }
  last_weight_ = weight("last_weight", {1, side * side * filters});
  last_bias_ = register_parameter("last_bias", torch::zeros({1}));
}

torch::Tensor PixelDaDiscriminator::forward(const torch::Tensor& images, std::uint64_t noise_key) {
  const auto disturb = [&](const torch::Tensor& x) {
    // Every layer draws other numbers from the same key.
    noise_key = noise_key * 0x9E3779B97F4A7C15ULL + 0xD1B54A32D192ED03ULL;
    return noisy_dropout(x, options_.discriminator_keep, options_.discriminator_noise, noise_key);
  };
  const double slope = options_.leakiness;
  torch::Tensor x = torch::conv2d(images, first_weight_, first_bias_, 1, 1);
  x = disturb(torch::leaky_relu_(x, slope));
  for (const Layer& layer : layers_) {
    x = layer.norm->forward(torch::conv2d(x, layer.weight, {}, 2, 1), Statistics::kBatch);
    x = disturb(torch::leaky_relu_(x, slope));
  }
  x = x.permute({0, 2, 3, 1}).reshape({x.size(0), -1});
  return torch::linear(x, last_weight_, last_bias_);
}

}  // namespace ersatz::models
