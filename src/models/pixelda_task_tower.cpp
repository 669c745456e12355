#include "models/pixelda_task_tower.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "models/initialise.h"
#include "models/noisy_dropout.h"
#include "models/pool_relu.h"

namespace ersatz::models {

namespace {

constexpr std::int64_t kLargestSide = 5;

}  // namespace

PixelDaTaskTower::PixelDaTaskTower(const PixelDaOptions& options, std::uint64_t seed)
    : options_(options) {
  check(options);
  const auto weight = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    const torch::Tensor value =
        normal_weights(shape, options.initial_deviation, seed, "task/" + name);
    return register_parameter(name, shape.size() == 4 ? channels_last_kernel(value) : value);
  };
  const auto bias = [&](const std::string& name, std::int64_t size) {
    return register_parameter(name, torch::zeros({size}));
  };
  std::int64_t channels = 1, filters = options.task_filters, side = options.image_size;
  const auto layer = [&](const std::string& name) {
    return Layer{weight(name + "_weight", {filters, channels, 3, 3}),
                 bias(name + "_bias", filters)};
  };
  for (int i = 1; side > kLargestSide; ++i) {
    if (i <= options.task_private_layers) {
      source_.push_back(layer(fmt::format("source{}", i)));
      transferred_.push_back(layer(fmt::format("transferred{}", i)));
    } else {
      shared_.push_back(layer(fmt::format("shared{}", i)));
    }
    channels = filters;
    filters *= 2;
    side /= 2;
  }
  hidden_weight_ = weight("hidden_weight", {options.task_hidden_units, side * side * channels});
  hidden_bias_ = bias("hidden_bias", options.task_hidden_units);
  output_weight_ = weight("output_weight", {options.classes, options.task_hidden_units});
  output_bias_ = bias("output_bias", options.classes);
}

torch::Tensor PixelDaTaskTower::forward(const torch::Tensor& images, TaskDomain domain,
                                        std::uint64_t dropout_key) {
  torch::Tensor x = images;
  const auto apply = [&x](const std::vector<Layer>& layers) {
    for (const Layer& layer : layers) {
      x = pool_relu(torch::conv2d(x, layer.weight, layer.bias, 1, 1));
    }
  };
  apply(domain == TaskDomain::kSource ? source_ : transferred_);
  apply(shared_);
  x = x.permute({0, 2, 3, 1}).reshape({x.size(0), -1});
  x = torch::relu(torch::linear(x, hidden_weight_, hidden_bias_));
  if (is_training() && options_.task_dropout > 0) {
    x = noisy_dropout(x, 1.0 - options_.task_dropout, 0.0, dropout_key);
  }
  return torch::linear(x, output_weight_, output_bias_);
}

}  // namespace ersatz::models
