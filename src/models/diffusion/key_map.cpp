#include "models/diffusion/key_map.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <array>
#include <map>
#include <utility>

#include "core/affix.h"
#include "core/error.h"
#include "models/diffusion/renaming.h"

namespace ersatz::models {

namespace {

using Names = std::vector<std::string>;

KeyMap renamed(const Names& parameters, const Renaming& renaming, std::string_view prefix) {
  KeyMap keys;
  keys.reserve(parameters.size());
  for (const std::string& parameter : parameters) {
    const auto key = renaming.apply(parameter);
    if (!key) {
      throw core::Error::internal(
          fmt::format("parameter '{}' has no name in single files", parameter));
    }
    keys.push_back({parameter, std::string(prefix) + *key});
  }
  return keys;
}

void add_unet_resnet(Renaming& renaming, const std::string& ours, const std::string& theirs) {
  constexpr std::array<std::pair<const char*, const char*>, 6> kInner = {{
      {".norm1", ".in_layers.0"},
      {".conv1", ".in_layers.2"},
      {".time_emb_proj", ".emb_layers.1"},
      {".norm2", ".out_layers.0"},
      {".conv2", ".out_layers.3"},
      {".conv_shortcut", ".skip_connection"},
  }};
  for (const auto& [mine, other] : kInner) renaming.add(ours + mine, theirs + other);
}

void add_autoencoder_resnet(Renaming& renaming, const std::string& ours,
                            const std::string& theirs) {
  renaming.add(ours, theirs);
  renaming.add(ours + ".conv_shortcut", theirs + ".nin_shortcut");
}

// What encoder and decoder have in common.
void add_autoencoder_half(Renaming& renaming, const std::string& half) {
  for (const char* name : {".conv_in", ".conv_out"}) renaming.add(half + name, half + name);
  renaming.add(half + ".conv_norm_out", half + ".norm_out");
  const std::string ours = half + ".mid_block", theirs = half + ".mid";
  add_autoencoder_resnet(renaming, ours + ".resnets.0", theirs + ".block_1");
  add_autoencoder_resnet(renaming, ours + ".resnets.1", theirs + ".block_2");
  constexpr std::array<std::pair<const char*, const char*>, 5> kAttention = {{
      {".group_norm", ".norm"},
      {".to_q", ".q"},
      {".to_k", ".k"},
      {".to_v", ".v"},
      {".to_out.0", ".proj_out"},
  }};
  for (const auto& [mine, other] : kAttention) {
    renaming.add(ours + ".attentions.0" + mine, theirs + ".attn_1" + other);
  }
}

std::int64_t third_of(KeyForm form) {
  switch (form) {
    case KeyForm::kFirstThird:
      return 0;
    case KeyForm::kSecondThird:
      return 1;
    case KeyForm::kLastThird:
      return 2;
    default:
      return -1;
  }
}

}  // namespace

KeyMap unet_single_file_keys(const UNetConfig& config, const Names& parameters) {
  const auto levels = static_cast<std::int64_t>(config.block_channels.size());
  const std::int64_t layers = config.layers_per_block;
  Renaming renaming;
  renaming.add("time_embedding.linear_1", "time_embed.0");
  renaming.add("time_embedding.linear_2", "time_embed.2");
  renaming.add("conv_in", "input_blocks.0.0");
  renaming.add("conv_norm_out", "out.0");
  renaming.add("conv_out", "out.2");
  for (std::int64_t i = 0; i < levels; ++i) {
    // Input blocks are numbered through: the first convolution, then per level its layers and the
    // halving of the resolution.
    const std::string down = fmt::format("down_blocks.{}", i);
    for (std::int64_t j = 0; j < layers; ++j) {
      const std::string block = fmt::format("input_blocks.{}", i * (layers + 1) + j + 1);
      add_unet_resnet(renaming, fmt::format("{}.resnets.{}", down, j), block + ".0");
      renaming.add(fmt::format("{}.attentions.{}", down, j), block + ".1");
    }
    renaming.add(down + ".downsamplers.0.conv",
                 fmt::format("input_blocks.{}.0.op", (i + 1) * (layers + 1)));
    const std::string up = fmt::format("up_blocks.{}", i);
    for (std::int64_t j = 0; j <= layers; ++j) {
      const std::string block = fmt::format("output_blocks.{}", i * (layers + 1) + j);
      add_unet_resnet(renaming, fmt::format("{}.resnets.{}", up, j), block + ".0");
      renaming.add(fmt::format("{}.attentions.{}", up, j), block + ".1");
    }
    // The doubling of the resolution stands behind the last layer of its level.
    const bool attention = config.up_attention.at(static_cast<std::size_t>(i));
    renaming.add(
        up + ".upsamplers.0.conv",
        fmt::format("output_blocks.{}.{}.conv", i * (layers + 1) + layers, attention ? 2 : 1));
  }
  add_unet_resnet(renaming, "mid_block.resnets.0", "middle_block.0");
  renaming.add("mid_block.attentions.0", "middle_block.1");
  add_unet_resnet(renaming, "mid_block.resnets.1", "middle_block.2");
  return renamed(parameters, renaming, kSingleFileUNet);
}

KeyMap autoencoder_single_file_keys(const AutoencoderConfig& config, const Names& parameters) {
  const auto levels = static_cast<std::int64_t>(config.block_channels.size());
  Renaming renaming;
  renaming.add("quant_conv", "quant_conv");
  renaming.add("post_quant_conv", "post_quant_conv");
  add_autoencoder_half(renaming, "encoder");
  add_autoencoder_half(renaming, "decoder");
  for (std::int64_t i = 0; i < levels; ++i) {
    const std::string down = fmt::format("encoder.down_blocks.{}", i);
    const std::string their_down = fmt::format("encoder.down.{}", i);
    // Levels of the decoder are counted from the image there, from the latents here.
    const std::string up = fmt::format("decoder.up_blocks.{}", i);
    const std::string their_up = fmt::format("decoder.up.{}", levels - 1 - i);
    for (std::int64_t j = 0; j <= config.layers_per_block; ++j) {
      add_autoencoder_resnet(renaming, fmt::format("{}.resnets.{}", down, j),
                             fmt::format("{}.block.{}", their_down, j));
      add_autoencoder_resnet(renaming, fmt::format("{}.resnets.{}", up, j),
                             fmt::format("{}.block.{}", their_up, j));
    }
    renaming.add(down + ".downsamplers.0.conv", their_down + ".downsample.conv");
    renaming.add(up + ".upsamplers.0.conv", their_up + ".upsample.conv");
  }
  KeyMap keys = renamed(parameters, renaming, kSingleFileAutoencoder);
  for (KeyPair& pair : keys) {
    const bool projection = pair.parameter.find(".attentions.0.to_") != std::string::npos;
    if (projection && core::ends_with(pair.parameter, ".weight")) pair.form = KeyForm::kPointwise;
  }
  return keys;
}

KeyMap clip_single_file_keys(const Names& parameters) {
  KeyMap keys = same_keys(parameters);
  for (KeyPair& pair : keys) pair.key.insert(0, kSingleFileClip);
  return keys;
}

KeyMap open_clip_single_file_keys(const Names& parameters) {
  Renaming renaming;
  renaming.add("text_model.embeddings.token_embedding", "token_embedding");
  renaming.add("text_model.embeddings.position_embedding.weight", "positional_embedding");
  renaming.add("text_model.final_layer_norm", "ln_final");
  std::map<std::string, KeyForm> thirds;
  for (const std::string& parameter : parameters) {
    constexpr std::string_view kLayers = "text_model.encoder.layers.";
    if (parameter.compare(0, kLayers.size(), kLayers) != 0) continue;
    const std::size_t number = kLayers.size();
    const std::string layer = parameter.substr(0, parameter.find('.', number));
    const std::string block = "transformer.resblocks." + layer.substr(number);
    renaming.add(layer + ".layer_norm1", block + ".ln_1");
    renaming.add(layer + ".layer_norm2", block + ".ln_2");
    renaming.add(layer + ".mlp.fc1", block + ".mlp.c_fc");
    renaming.add(layer + ".mlp.fc2", block + ".mlp.c_proj");
    renaming.add(layer + ".self_attn.out_proj", block + ".attn.out_proj");
    constexpr std::array<std::pair<const char*, KeyForm>, 3> kThirds = {
        {{".self_attn.q_proj", KeyForm::kFirstThird},
         {".self_attn.k_proj", KeyForm::kSecondThird},
         {".self_attn.v_proj", KeyForm::kLastThird}}};
    for (const auto& [projection, form] : kThirds) {
      for (const char* kind : {"weight", "bias"}) {
        const std::string name = fmt::format("{}{}.{}", layer, projection, kind);
        renaming.add(name, fmt::format("{}.attn.in_proj_{}", block, kind));
        thirds.emplace(name, form);
      }
    }
  }
  KeyMap keys = renamed(parameters, renaming, kSingleFileOpenClip);
  for (KeyPair& pair : keys) {
    const auto third = thirds.find(pair.parameter);
    if (third != thirds.end()) pair.form = third->second;
  }
  return keys;
}

KeyMap same_keys(const Names& parameters) {
  KeyMap keys;
  keys.reserve(parameters.size());
  for (const std::string& parameter : parameters) keys.push_back({parameter, parameter});
  return keys;
}

KeyMap autoencoder_folder_keys(const Names& parameters, const NamedTensors& stored) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kOldNames = {{
      {".to_q.", ".query."},
      {".to_k.", ".key."},
      {".to_v.", ".value."},
      {".to_out.0.", ".proj_attn."},
  }};
  KeyMap keys = same_keys(parameters);
  for (KeyPair& pair : keys) {
    if (pair.parameter.find(".attentions.") == std::string::npos) continue;
    for (const auto& [now, before] : kOldNames) {
      const std::size_t at = pair.parameter.find(now);
      if (at == std::string::npos) continue;
      // Checkpoints converted from single files kept the 1x1 convolutions for a while.
      if (core::ends_with(pair.parameter, ".weight")) pair.form = KeyForm::kPointwise;
      std::string old = pair.parameter;
      old.replace(at, std::string_view(now).size(), before);
      if (stored.count(old) > 0 && stored.count(pair.parameter) == 0) pair.key = old;
    }
  }
  return keys;
}

torch::Tensor take_form(const torch::Tensor& stored, KeyForm form,
                        const std::vector<std::int64_t>& shape) {
  const std::int64_t third = third_of(form);
  if (third >= 0) {
    if (stored.dim() < 1 || shape.empty() || stored.size(0) != 3 * shape[0]) return stored;
    return stored.narrow(0, third * shape[0], shape[0]);
  }
  if (form == KeyForm::kPointwise && stored.dim() == 4 && stored.size(2) == 1 &&
      stored.size(3) == 1) {
    return stored.squeeze(3).squeeze(2);
  }
  return stored;
}

NamedTensors to_stored_names(const KeyMap& keys, const NamedTensors& parameters) {
  NamedTensors stored;
  std::map<std::string, std::array<torch::Tensor, 3>> thirds;
  for (const KeyPair& pair : keys) {
    const torch::Tensor& tensor = parameters.at(pair.parameter);
    const std::int64_t third = third_of(pair.form);
    if (third >= 0) {
      thirds[pair.key].at(static_cast<std::size_t>(third)) = tensor;
    } else if (pair.form == KeyForm::kPointwise && tensor.dim() == 2) {
      stored.emplace(pair.key, tensor.unsqueeze(2).unsqueeze(3));
    } else {
      stored.emplace(pair.key, tensor);
    }
  }
  for (const auto& [key, parts] : thirds) {
    stored.emplace(key, torch::cat({parts[0], parts[1], parts[2]}, 0));
  }
  return stored;
}

}  // namespace ersatz::models
