#include "models/conditional_gan_discriminator.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "compute/direct_conv.h"
#include "core/error.h"
#include "models/initialise.h"
#include "models/module_state.h"
#include "models/noisy_dropout.h"
#include "models/options_metadata.h"

namespace ersatz::models {

namespace {

constexpr const char* kKind = "conditional-gan-discriminator";
constexpr std::int64_t kLastSide = kConditionalGanSide / 4;
constexpr double kEmbeddingBound = 0.05;

torch::Tensor halve(const torch::Tensor& x, const torch::Tensor& weight,
                    const torch::Tensor& bias) {
  if (!compute::direct_conv_fits(x, weight, 1)) return torch::conv2d(x, weight, bias, 2, 1);
  return compute::direct_conv2d(x, weight, 2, 1).add_(bias.view({1, -1, 1, 1}));
}

}  // namespace

ConditionalGanDiscriminator::ConditionalGanDiscriminator(const ConditionalGanOptions& options,
                                                         std::uint64_t seed)
    : options_(options) {
  check(options);
  const std::int64_t filters = options.discriminator_filters;
  const std::int64_t pixels = kConditionalGanSide * kConditionalGanSide;
  const auto matrix = [&](const char* name, std::int64_t out, std::int64_t in) {
    return register_parameter(
        name, glorot_weights({out, in}, seed, fmt::format("cgan/discriminator/{}", name)));
  };
  const auto kernel = [&](const char* name, std::int64_t out, std::int64_t in) {
    return register_parameter(
        name, channels_last_kernel(glorot_weights({out, in, 3, 3}, seed,
                                                  fmt::format("cgan/discriminator/{}", name))));
  };
  const auto bias = [&](const char* name, std::int64_t out) {
    return register_parameter(name, torch::zeros({out}));
  };
  embedding_ = register_parameter(
      "embedding", uniform_weights({options.classes, options.label_dimensions}, kEmbeddingBound,
                                   seed, "cgan/discriminator/embedding"));
  label_weight_ = matrix("label_weight", pixels, options.label_dimensions);
  label_bias_ = bias("label_bias", pixels);
  down1_weight_ = kernel("down1_weight", filters, 2);
  down1_bias_ = bias("down1_bias", filters);
  down2_weight_ = kernel("down2_weight", filters, filters);
  down2_bias_ = bias("down2_bias", filters);
  output_weight_ = matrix("output_weight", 1, kLastSide * kLastSide * filters);
  output_bias_ = bias("output_bias", 1);
}

torch::Tensor ConditionalGanDiscriminator::forward(const torch::Tensor& images,
                                                   const torch::Tensor& labels,
                                                   std::uint64_t dropout_key) {
  constexpr std::int64_t kSide = kConditionalGanSide;
  TORCH_CHECK(images.dim() == 4 && images.size(1) == 1 && images.size(2) == kSide &&
                  images.size(3) == kSide && labels.dim() == 1 && labels.size(0) == images.size(0),
              "ConditionalGanDiscriminator: images ", images.sizes(), " with labels ",
              labels.sizes());
  const std::int64_t batch = images.size(0);
  const double slope = options_.leakiness;
  const torch::Tensor label =
      torch::linear(torch::embedding(embedding_, labels), label_weight_, label_bias_)
          .view({batch, kSide, kSide, 1});
  const torch::Tensor picture = images.flip({2, 3}).reshape({batch, kSide, kSide, 1});
  torch::Tensor x = torch::cat({picture, label}, 3).permute({0, 3, 1, 2});
  x = halve(x, down1_weight_, down1_bias_);
  x = torch::leaky_relu_(x, slope);
  x = halve(x, down2_weight_, down2_bias_);
  x = torch::leaky_relu_(x, slope);
  x = x.permute({0, 2, 3, 1}).reshape({batch, -1});
  if (is_training() && options_.discriminator_dropout > 0) {
    x = noisy_dropout(x, 1.0 - options_.discriminator_dropout, 0.0, dropout_key);
  }
  return torch::linear(x, output_weight_, output_bias_);
}

void save_conditional_gan_discriminator(const std::filesystem::path& path,
                                        const ConditionalGanDiscriminator& discriminator) {
  MetadataWriter writer(kKind);
  visit_options(discriminator.options(), writer);
  save_safetensors(path, module_state(discriminator), writer.metadata());
}

std::shared_ptr<ConditionalGanDiscriminator> load_conditional_gan_discriminator(
    const std::filesystem::path& path) {
  const Safetensors file = load_safetensors(path);
  ConditionalGanOptions options;
  visit_options(options, MetadataReader(kKind, file.metadata, path));
  try {
    check(options);
  } catch (const core::Error& error) {
    throw core::Error::untrusted(path, error.what());
  }
  const std::int64_t filters = options.discriminator_filters;
  require_shape(file.tensors, "embedding", {options.classes, options.label_dimensions}, path);
  require_shape(file.tensors, "down2_weight", {filters, filters, 3, 3}, path);
  auto discriminator = std::make_shared<ConditionalGanDiscriminator>(options, 0);
  load_module_state(*discriminator, file.tensors, path);
  discriminator->eval();
  return discriminator;
}

}  // namespace ersatz::models
