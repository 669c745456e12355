#include "models/digit_classifier.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "core/error.h"
#include "models/initialise.h"
#include "models/module_state.h"
#include "models/noisy_dropout.h"
#include "models/options_metadata.h"
#include "models/pool_relu.h"

namespace ersatz::models {

namespace {

constexpr std::int64_t kPooledSize = 7;  // 28 / 2 / 2
constexpr const char* kKind = "digit-classifier";

void check(const DigitClassifierOptions& options) {
  if (options.conv1_filters < 1 || options.conv2_filters < 1 || options.hidden_units < 1 ||
      options.classes < 1) {
    throw core::Error::usage("every layer of the classifier needs at least one unit");
  }
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    throw core::Error::usage(
        fmt::format("a classifier dropout of {} is outside [0, 1)", options.dropout));
  }
}

// Lists every option once, for writing and for reading.
template <typename Options, typename Visit>
void visit_options(Options& options, Visit&& visit) {
  visit("conv1_filters", options.conv1_filters);
  visit("conv2_filters", options.conv2_filters);
  visit("hidden_units", options.hidden_units);
  visit("classes", options.classes);
  visit("dropout", options.dropout);
}

}  // namespace

DigitClassifier::DigitClassifier(const DigitClassifierOptions& options, std::uint64_t seed)
    : options_(options) {
  check(options);
  const std::int64_t features = kPooledSize * kPooledSize * options.conv2_filters;
  const auto kernel = [&](const char* name, std::int64_t out, std::int64_t in) {
    return register_parameter(name,
                              channels_last_kernel(glorot_weights({out, in, 5, 5}, seed, name)));
  };
  const auto matrix = [&](const char* name, std::int64_t out, std::int64_t in) {
    return register_parameter(name, glorot_weights({out, in}, seed, name));
  };
  const auto bias = [&](const char* name, std::int64_t out) {
    return register_parameter(name, torch::zeros({out}));
  };
  conv1_weight_ = kernel("conv1_weight", options.conv1_filters, 1);
  conv1_bias_ = bias("conv1_bias", options.conv1_filters);
  conv2_weight_ = kernel("conv2_weight", options.conv2_filters, options.conv1_filters);
  conv2_bias_ = bias("conv2_bias", options.conv2_filters);
  hidden_weight_ = matrix("hidden_weight", options.hidden_units, features);
  hidden_bias_ = bias("hidden_bias", options.hidden_units);
  output_weight_ = matrix("output_weight", options.classes, options.hidden_units);
  output_bias_ = bias("output_bias", options.classes);
}

torch::Tensor DigitClassifier::features(const torch::Tensor& images) const {
  TORCH_CHECK(
      images.dim() == 4 && images.size(1) == 1 && images.size(2) == 28 && images.size(3) == 28,
      "DigitClassifier: images must be [B, 1, 28, 28], got ", images.sizes());
  torch::Tensor x = pool_relu(torch::conv2d(images, conv1_weight_, conv1_bias_, 1, 2));
  x = pool_relu(torch::conv2d(x, conv2_weight_, conv2_bias_, 1, 2));
  x = x.permute({0, 2, 3, 1}).reshape({x.size(0), -1});
  return torch::relu(torch::linear(x, hidden_weight_, hidden_bias_));
}

torch::Tensor DigitClassifier::forward(const torch::Tensor& images, std::uint64_t dropout_key) {
  torch::Tensor x = features(images);
  if (is_training() && options_.dropout > 0) {
    x = noisy_dropout(x, 1.0 - options_.dropout, 0.0, dropout_key);
  }
  return torch::linear(x, output_weight_, output_bias_);
}

void save_digit_classifier(const std::filesystem::path& path, const DigitClassifier& network) {
  MetadataWriter writer(kKind);
  visit_options(network.options(), writer);
  save_safetensors(path, module_state(network), writer.metadata());
}

std::shared_ptr<DigitClassifier> load_digit_classifier(const std::filesystem::path& path) {
  const Safetensors file = load_safetensors(path);
  DigitClassifierOptions options;
  visit_options(options, MetadataReader(kKind, file.metadata, path));
  try {
    check(options);
  } catch (const core::Error& error) {
    throw core::Error::untrusted(path, error.what());
  }
  require_shape(file.tensors, "conv2_weight", {options.conv2_filters, options.conv1_filters, 5, 5},
                path);
  require_shape(file.tensors, "hidden_weight",
                {options.hidden_units, kPooledSize * kPooledSize * options.conv2_filters}, path);
  require_shape(file.tensors, "output_weight", {options.classes, options.hidden_units}, path);
  auto network = std::make_shared<DigitClassifier>(options, 0);
  load_module_state(*network, file.tensors, path);
  network->eval();
  return network;
}

}  // namespace ersatz::models
