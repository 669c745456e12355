#include "models/pixelda_generator.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "core/error.h"
#include "models/initialise.h"
#include "models/module_state.h"
#include "models/options_metadata.h"

namespace ersatz::models {

namespace {

constexpr const char* kKind = "pixelda-generator";

template <typename Options, typename Visit>
void visit_options(Options& options, Visit&& visit) {
  visit("image_size", options.image_size);
  visit("generator_filters", options.generator_filters);
  visit("residual_blocks", options.residual_blocks);
  visit("noise_dimensions", options.noise_dimensions);
  visit("batch_norm_decay", options.batch_norm_decay);
}

}  // namespace

PixelDaGenerator::PixelDaGenerator(const PixelDaOptions& options, std::uint64_t seed)
    : options_(options) {
  check(options);
  const std::int64_t filters = options.generator_filters, size = options.image_size;
  const double deviation = options.initial_deviation;
  const auto weight = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    const torch::Tensor value = normal_weights(shape, deviation, seed, "generator/" + name);
    return register_parameter(name, shape.size() == 4 ? channels_last_kernel(value) : value);
  };
  const auto norm = [&](const std::string& name, std::int64_t channels) {
    return register_module(name,
                           std::make_shared<OffsetBatchNorm>(channels, options.batch_norm_decay));
  };
  noise_weight_ = weight("noise_weight", {size * size, options.noise_dimensions});
  noise_norm_ = norm("noise_norm", size * size);
  first_weight_ = weight("first_weight", {filters, 2, 3, 3});
  first_bias_ = register_parameter("first_bias", torch::zeros({filters}));
  for (std::int64_t i = 0; i < options.residual_blocks; ++i) {
    const std::string name = fmt::format("block{}_", i);
    Block block;
    block.first_weight = weight(name + "first_weight", {filters, filters, 3, 3});
    block.first_norm = norm(name + "first_norm", filters);
    block.second_weight = weight(name + "second_weight", {filters, filters, 3, 3});
    block.second_norm = norm(name + "second_norm", filters);
    blocks_.push_back(std::move(block));
  }
  last_weight_ = weight("last_weight", {1, filters, 1, 1});
  last_bias_ = register_parameter("last_bias", torch::zeros({1}));
}

torch::Tensor PixelDaGenerator::forward(const torch::Tensor& images, const torch::Tensor& noise,
                                        Statistics statistics) {
  const std::int64_t batch = images.size(0), size = options_.image_size;
  torch::Tensor channel =
      torch::relu(noise_norm_->forward(torch::linear(noise, noise_weight_), statistics));
  // Image and noise channel side by side in memory order [B, H, W, C].
  torch::Tensor x =
      torch::cat({images.reshape({batch, size, size, 1}), channel.reshape({batch, size, size, 1})},
                 3)
          .permute({0, 3, 1, 2});
  x = torch::conv2d(x, first_weight_, first_bias_, 1, 1).relu_();
  for (const Block& block : blocks_) {
    torch::Tensor y = torch::conv2d(x, block.first_weight, {}, 1, 1);
    y = block.first_norm->forward(y, statistics).relu_();
    y = torch::conv2d(y, block.second_weight, {}, 1, 1);
    x = block.second_norm->forward(y, statistics).add_(x);
  }
  return torch::tanh(torch::conv2d(x, last_weight_, last_bias_));
}

void save_pixelda_generator(const std::filesystem::path& path, const PixelDaGenerator& generator) {
  MetadataWriter writer(kKind);
  visit_options(generator.options(), writer);
  save_safetensors(path, module_state(generator), writer.metadata());
}

std::shared_ptr<PixelDaGenerator> load_pixelda_generator(const std::filesystem::path& path) {
  const Safetensors file = load_safetensors(path);
  PixelDaOptions options;
  visit_options(options, MetadataReader(kKind, file.metadata, path));
  try {
    check(options);
  } catch (const core::Error& error) {
    throw core::Error::untrusted(path, error.what());
  }
  const std::int64_t filters = options.generator_filters, size = options.image_size;
  require_shape(file.tensors, "noise_weight", {size * size, options.noise_dimensions}, path);
  require_shape(file.tensors, "first_weight", {filters, 2, 3, 3}, path);
  for (std::int64_t i = 0; i < options.residual_blocks; ++i) {
    require_shape(file.tensors, fmt::format("block{}_first_weight", i), {filters, filters, 3, 3},
                  path);
  }
  auto generator = std::make_shared<PixelDaGenerator>(options, 0);
  load_module_state(*generator, file.tensors, path);
  generator->eval();
  return generator;
}

}  // namespace ersatz::models
