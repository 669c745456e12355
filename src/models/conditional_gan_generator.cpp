#include "models/conditional_gan_generator.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <set>

#include "compute/direct_conv.h"
#include "compute/linear.h"
#include "compute/single_output_conv.h"
#include "core/error.h"
#include "core/json.h"
#include "core/plain_name.h"
#include "core/printable.h"
#include "models/initialise.h"
#include "models/module_state.h"
#include "models/options_metadata.h"

namespace ersatz::models {

namespace {

constexpr const char* kKind = "conditional-gan-generator";
constexpr const char* kNames = "class_names";
constexpr std::int64_t kFirstSide = 7;  // doubled twice
constexpr double kEmbeddingBound = 0.05;

// Pictures are stored by the names of their classes, with a number and an ending behind.
constexpr std::size_t kLongestName = 200;  // bytes

// Why these cannot be names of files; empty when they can.
std::string names_fault(const std::vector<std::string>& names) {
  std::set<std::string> known;
  for (const std::string& name : names) {
    const std::string shown = core::printable(name, std::string::npos);
    // What is shown differently has control characters or is not UTF-8.
    if (!core::plain_name(name) || shown != name || name.size() > kLongestName) {
      return fmt::format("'{}' cannot be the name of a file", core::printable(name));
    }
    if (!known.insert(name).second) return fmt::format("two classes are called '{}'", shown);
  }
  return "";
}

std::vector<std::string> read_names(const std::map<std::string, std::string>& metadata,
                                    std::int64_t classes, const std::filesystem::path& file) {
  const auto found = metadata.find(kNames);
  const core::Json list =
      core::Json::parse(found == metadata.end() ? "" : found->second, nullptr, false);
  std::vector<std::string> names;
  if (list.is_array()) {
    for (const core::Json& name : list) {
      if (name.is_string()) names.push_back(name.get<std::string>());
    }
  }
  if (static_cast<std::int64_t>(names.size()) != classes) {
    throw core::Error::untrusted(
        file, fmt::format("metadata '{}' does not name {} classes", kNames, classes));
  }
  const std::string fault = names_fault(names);
  if (!fault.empty()) {
    throw core::Error::untrusted(file, fmt::format("metadata '{}': {}", kNames, fault));
  }
  return names;
}

}  // namespace

ConditionalGanGenerator::ConditionalGanGenerator(const ConditionalGanOptions& options,
                                                 std::uint64_t seed)
    : options_(options) {
  check(options);
  const std::int64_t filters = options.generator_filters;
  const std::int64_t pixels = kFirstSide * kFirstSide;
  const auto matrix = [&](const char* name, std::int64_t out, std::int64_t in) {
    return register_parameter(
        name, glorot_weights({out, in}, seed, fmt::format("cgan/generator/{}", name)));
  };
  const auto kernel = [&](const char* name, const std::vector<std::int64_t>& shape) {
    return register_parameter(name, channels_last_kernel(glorot_weights(
                                        shape, seed, fmt::format("cgan/generator/{}", name))));
  };
  const auto bias = [&](const char* name, std::int64_t out) {
    return register_parameter(name, torch::zeros({out}));
  };
  embedding_ = register_parameter(
      "embedding", uniform_weights({options.classes, options.label_dimensions}, kEmbeddingBound,
                                   seed, "cgan/generator/embedding"));
  label_weight_ = matrix("label_weight", pixels, options.label_dimensions);
  label_bias_ = bias("label_bias", pixels);
  noise_weight_ = matrix("noise_weight", pixels * filters, options.latent_dimensions);
  noise_bias_ = bias("noise_bias", pixels * filters);
  // Transposed convolutions: [in, out, kh, kw].
  up1_weight_ = kernel("up1_weight", {filters + 1, filters, 4, 4});
  up1_bias_ = bias("up1_bias", filters);
  up2_weight_ = kernel("up2_weight", {filters, filters, 4, 4});
  up2_bias_ = bias("up2_bias", filters);
  output_weight_ = kernel("output_weight", {1, filters, 7, 7});
  output_bias_ = bias("output_bias", 1);
}

torch::Tensor ConditionalGanGenerator::forward(const torch::Tensor& noise,
                                               const torch::Tensor& labels) {
  TORCH_CHECK(noise.dim() == 2 && noise.size(1) == options_.latent_dimensions &&
                  labels.dim() == 1 && labels.size(0) == noise.size(0),
              "ConditionalGanGenerator: noise ", noise.sizes(), " with labels ", labels.sizes());
  const std::int64_t batch = noise.size(0);
  const double slope = options_.leakiness;
  torch::Tensor x = torch::linear(noise, noise_weight_, noise_bias_);
  x = torch::leaky_relu_(x, slope).view({batch, kFirstSide, kFirstSide, -1});
  const torch::Tensor label =
      torch::linear(torch::embedding(embedding_, labels), label_weight_, label_bias_)
          .view({batch, kFirstSide, kFirstSide, 1});
  x = torch::cat({x, label}, 3).permute({0, 3, 1, 2});
  x = compute::direct_conv_transpose2d(x, up1_weight_, up1_bias_, 2, 1);
  x = torch::leaky_relu_(x, slope);
  x = compute::direct_conv_transpose2d(x, up2_weight_, up2_bias_, 2, 1);
  x = torch::leaky_relu_(x, slope);
  return torch::tanh(compute::single_output_conv2d(x, output_weight_, output_bias_, 3));
}

void save_conditional_gan_generator(const std::filesystem::path& path,
                                    const ConditionalGanGenerator& generator,
                                    const std::vector<std::string>& class_names) {
  if (static_cast<std::int64_t>(class_names.size()) != generator.options().classes) {
    throw core::Error::internal(
        fmt::format("{} names for {} classes", class_names.size(), generator.options().classes));
  }
  const std::string fault = names_fault(class_names);
  if (!fault.empty()) throw core::Error::usage(fmt::format("names of classes: {}", fault));
  MetadataWriter writer(kKind);
  visit_options(generator.options(), writer);
  std::map<std::string, std::string> metadata = writer.metadata();
  metadata[kNames] = core::Json(class_names).dump();
  save_safetensors(path, module_state(generator), metadata);
}

LoadedGenerator load_conditional_gan_generator(const std::filesystem::path& path) {
  const Safetensors file = load_safetensors(path);
  ConditionalGanOptions options;
  visit_options(options, MetadataReader(kKind, file.metadata, path));
  LoadedGenerator loaded;
  loaded.class_names = read_names(file.metadata, options.classes, path);
  try {
    check(options);
  } catch (const core::Error& error) {
    throw core::Error::untrusted(path, error.what());
  }
  const std::int64_t filters = options.generator_filters;
  require_shape(file.tensors, "embedding", {options.classes, options.label_dimensions}, path);
  require_shape(file.tensors, "noise_weight",
                {kFirstSide * kFirstSide * filters, options.latent_dimensions}, path);
  require_shape(file.tensors, "up2_weight", {filters, filters, 4, 4}, path);
  loaded.network = std::make_shared<ConditionalGanGenerator>(options, 0);
  load_module_state(*loaded.network, file.tensors, path);
  loaded.network->eval();
  return loaded;
}

}  // namespace ersatz::models
