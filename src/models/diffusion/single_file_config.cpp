#include "models/diffusion/single_file_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "core/error.h"
#include "core/log.h"
#include "models/diffusion/key_map.h"

namespace ersatz::models {

using core::Error;

namespace {

// What no tensor tells of a model that is unlike the published ones: numbers of heads, groups of
// norms, the size it was made for.
constexpr const char* kConfigurationKey = "ersatz.configuration";

// Widths and numbers of layers beyond these are nonsense, and would only exhaust the memory.
constexpr std::int64_t kMaxLevels = 8, kMaxLayers = 64;

bool has_prefix(const NamedTensors& tensors, std::string_view prefix) {
  const auto first = tensors.lower_bound(std::string(prefix));
  return first != tensors.end() && first->first.compare(0, prefix.size(), prefix) == 0;
}

// Tensors below a prefix.
class Section {
 public:
  Section(const Weights& weights, std::string_view prefix) : weights_(weights), prefix_(prefix) {}

  bool has(const std::string& name) const { return weights_.tensors.count(prefix_ + name) > 0; }

  // Size of a tensor along a dimension.
  std::int64_t size(const std::string& name, std::size_t dimension) const {
    const auto found = weights_.tensors.find(prefix_ + name);
    if (found == weights_.tensors.end()) fail(fmt::format("there is no '{}{}'", prefix_, name));
    const auto sizes = found->second.sizes();
    // An empty tensor could claim any width without a byte of data.
    if (dimension >= sizes.size() || found->second.numel() == 0) {
      fail(fmt::format("tensor '{}{}' has the shape [{}]", prefix_, name,
                       fmt::join(sizes.vec(), ", ")));
    }
    return sizes[dimension];
  }

  std::size_t dimensions(const std::string& name) const {
    size(name, 0);
    return weights_.tensors.at(prefix_ + name).sizes().size();
  }

  // 1 + the largest number behind `prefix` in any name.
  std::int64_t count(const std::string& prefix) const {
    const std::string start = prefix_ + prefix;
    std::int64_t result = 0;
    for (auto at = weights_.tensors.lower_bound(start);
         at != weights_.tensors.end() && at->first.compare(0, start.size(), start) == 0; ++at) {
      std::int64_t number = -1;
      const char* end = at->first.data() + at->first.size();
      std::from_chars(at->first.data() + start.size(), end, number);
      if (number < 0 || number >= kMaxLayers) fail(fmt::format("tensor '{}'", at->first));
      result = std::max(result, number + 1);
    }
    return result;
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw Error::untrusted(weights_.file, "is not a Stable Diffusion checkpoint: " + why);
  }

 private:
  const Weights& weights_;
  std::string prefix_;
};

std::int64_t count_transformer_layers(const Section& section, const std::string& attention) {
  std::int64_t layers = 0;
  while (layers <= kMaxLayers &&
         section.has(fmt::format("{}transformer_blocks.{}.norm1.weight", attention, layers))) {
    ++layers;
  }
  return layers;
}

// Walks the input blocks: per level some layers, then, except after the last, a halving.
void infer_levels(const Section& section, UNetConfig& config) {
  config.block_channels.clear();
  config.down_attention.clear();
  std::int64_t layers = 0;
  for (std::int64_t k = 1;; ++k) {
    const std::string block = fmt::format("input_blocks.{}", k);
    const bool layer = section.has(block + ".0.out_layers.3.weight");
    if (layer) {
      const bool attention = section.has(block + ".1.norm.weight");
      const std::int64_t channels = section.size(block + ".0.out_layers.3.weight", 0);
      if (layers++ == 0) {
        config.block_channels.push_back(channels);
        config.down_attention.push_back(attention);
      } else if (config.block_channels.back() != channels ||
                 config.down_attention.back() != attention) {
        section.fail(fmt::format("{} differs from the layer before it", block));
      }
      if (layers > kMaxLayers) section.fail("a level has too many layers");
      continue;
    }
    if (config.block_channels.size() == 1) config.layers_per_block = layers;
    if (layers == 0 || layers != config.layers_per_block) {
      section.fail(fmt::format("the level that ends at {} has {} layers", block, layers));
    }
    if (!section.has(block + ".0.op.weight")) break;
    layers = 0;
    if (config.block_channels.size() > kMaxLevels) section.fail("it has too many levels");
  }
}

core::Json network_configurations(const Architecture& shape) {
  return {{"unet", unet_config_json(shape.unet)},
          {"vae", autoencoder_config_json(shape.autoencoder)},
          {"text_encoder", clip_text_config_json(shape.text)}};
}

void read_configurations(const std::string& text, const std::filesystem::path& file,
                         Architecture& shape) {
  const core::Json stated = core::parse_json(text, file);
  const auto part = [&](const char* name) {
    const auto found = stated.find(name);
    if (found == stated.end()) {
      throw Error::untrusted(file, fmt::format("'{}' has no '{}'", kConfigurationKey, name));
    }
    return *found;
  };
  shape.unet = parse_unet_config(part("unet"), file);
  shape.autoencoder = parse_autoencoder_config(part("vae"), file);
  shape.text = parse_clip_text_config(part("text_encoder"), file);
}

}  // namespace

bool is_single_file(const NamedTensors& tensors) { return has_prefix(tensors, kSingleFileUNet); }

bool has_open_clip(const NamedTensors& tensors) { return has_prefix(tensors, kSingleFileOpenClip); }

UNetConfig infer_unet(const Weights& weights) {
  if (has_prefix(weights.tensors, "conditioner.")) {
    throw Error::untrusted(weights.file,
                           "is a checkpoint of Stable Diffusion XL, which is not "
                           "supported (SD 1.x and 2.x are)");
  }
  const Section section(weights, kSingleFileUNet);
  UNetConfig config;
  config.in_channels = section.size("input_blocks.0.0.weight", 1);
  config.out_channels = section.size("out.2.weight", 0);
  infer_levels(section, config);
  const auto levels = static_cast<std::int64_t>(config.block_channels.size());
  config.up_attention.clear();
  for (std::int64_t i = 0; i < levels; ++i) {
    config.up_attention.push_back(section.has(
        fmt::format("output_blocks.{}.1.norm.weight", i * (config.layers_per_block + 1))));
  }
  // The middle block always attends to the text, with as many layers as the last level.
  const std::string middle = "middle_block.1.";
  config.transformer_layers.clear();
  for (std::int64_t i = 0; i < levels; ++i) {
    const bool attention = config.down_attention[static_cast<std::size_t>(i)];
    const std::string block =
        fmt::format("input_blocks.{}.1.", i * (config.layers_per_block + 1) + 1);
    config.transformer_layers.push_back(attention ? count_transformer_layers(section, block)
                                        : i + 1 == levels
                                            ? count_transformer_layers(section, middle)
                                            : 1);
  }
  config.cross_attention_dim = section.size(middle + "transformer_blocks.0.attn2.to_k.weight", 1);
  config.linear_projection = section.dimensions(middle + "proj_in.weight") == 2;
  config.upcast_attention = config.linear_projection;
  config.heads.clear();
  for (const std::int64_t channels : config.block_channels) {
    config.heads.push_back(config.linear_projection ? std::max<std::int64_t>(1, channels / 64) : 8);
  }
  config.sample_size = 64;
  // The same checks as for a configuration that was written down.
  return parse_unet_config(unet_config_json(config), weights.file);
}

AutoencoderConfig infer_autoencoder(const Weights& weights) {
  const Section section(weights, kSingleFileAutoencoder);
  AutoencoderConfig config;
  config.image_channels = section.size("encoder.conv_in.weight", 1);
  config.latent_channels = section.size("post_quant_conv.weight", 0);
  config.block_channels.clear();
  config.layers_per_block = 0;
  const auto block = [](std::size_t level, std::int64_t layer) {
    return fmt::format("encoder.down.{}.block.{}.conv1.weight", level, layer);
  };
  for (std::size_t level = 0; level <= kMaxLevels && section.has(block(level, 0)); ++level) {
    config.block_channels.push_back(section.size(block(level, 0), 0));
  }
  if (config.block_channels.empty()) section.fail("the image autoencoder has no levels");
  while (config.layers_per_block <= kMaxLayers && section.has(block(0, config.layers_per_block))) {
    ++config.layers_per_block;
  }
  return parse_autoencoder_config(autoencoder_config_json(config), weights.file);
}

ClipTextConfig infer_clip_text(const Weights& weights) {
  const bool open_clip = has_open_clip(weights.tensors);
  const Section section(weights, open_clip ? kSingleFileOpenClip : kSingleFileClip);
  const std::string embedding =
      open_clip ? "token_embedding.weight" : "text_model.embeddings.token_embedding.weight";
  const std::string positions =
      open_clip ? "positional_embedding" : "text_model.embeddings.position_embedding.weight";
  const std::string layers = open_clip ? "transformer.resblocks." : "text_model.encoder.layers.";
  ClipTextConfig config;
  config.vocabulary = section.size(embedding, 0);
  config.hidden = section.size(embedding, 1);
  config.positions = section.size(positions, 0);
  config.intermediate =
      section.size(layers + (open_clip ? "0.mlp.c_fc.weight" : "0.mlp.fc1.weight"), 0);
  config.layers = section.count(layers);
  config.heads = std::max<std::int64_t>(1, config.hidden / 64);
  config.activation = open_clip ? ClipActivation::kGelu : ClipActivation::kQuickGelu;
  // SD 2.x is trained on the output of the last but one layer; OpenCLIP's own last layer, there
  // together with its projection, takes no part.
  const bool whole = section.has("text_projection") && config.layers != 23;
  if (open_clip && (config.layers == 24 || whole)) --config.layers;
  if (config.layers < 1) section.fail("the text encoder has no layers");
  return parse_clip_text_config(clip_text_config_json(config), weights.file);
}

std::string infer_prediction(const Weights& weights) {
  const auto stated = weights.metadata.find("modelspec.predict_key");
  if (stated != weights.metadata.end()) {
    if (stated->second == "v") return "v_prediction";
    if (stated->second == "epsilon") return "epsilon";
  }
  if (has_open_clip(weights.tensors)) {
    core::log_warning(fmt::format(
        "{} does not say what it predicts: taken for SD 2.x base (epsilon). The models for 768 "
        "pixels need the prediction v_prediction",
        weights.file.string()));
  }
  return "epsilon";
}

Architecture infer_architecture(const Weights& weights, const LoadOptions& options) {
  Architecture shape;
  const std::string prediction =
      options.prediction.empty() ? infer_prediction(weights) : options.prediction;
  shape.scheduler = standard_scheduler(prediction);
  const auto stated = weights.metadata.find(kConfigurationKey);
  if (stated != weights.metadata.end()) {
    read_configurations(stated->second, weights.file, shape);
    return shape;
  }
  shape.unet = infer_unet(weights);
  if (options.autoencoder) shape.autoencoder = infer_autoencoder(weights);
  if (options.text_encoder) shape.text = infer_clip_text(weights);
  if (prediction == "v_prediction") shape.unet.sample_size = 96;
  return shape;
}

std::map<std::string, std::string> configuration_metadata(const Weights& weights,
                                                          const Architecture& architecture) {
  const core::Json wanted = network_configurations(architecture);
  try {
    if (network_configurations(infer_architecture(weights, {})) == wanted) return {};
  } catch (const Error& error) {
    // Shapes that make no sense without the configuration.
    if (error.code() != core::ExitCode::kUntrustedData) throw;
  }
  return {{kConfigurationKey, wanted.dump()}};
}

}  // namespace ersatz::models
