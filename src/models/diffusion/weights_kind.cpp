#include "models/diffusion/weights_kind.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#include "models/diffusion/single_file_config.h"

namespace ersatz::models {

namespace {

using std::string;

bool any_with_prefix(const NamedTensors& tensors, const string& prefix) {
  const auto first = tensors.lower_bound(prefix);
  return first != tensors.end() && first->first.compare(0, prefix.size(), prefix) == 0;
}

bool any_with(const NamedTensors& tensors, const string& part) {
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](const auto& item) { return item.first.find(part) != string::npos; });
}

// Columns of the first matrix whose name ends in `end`; 0 when there is none.
std::int64_t columns_of(const NamedTensors& tensors, const string& end) {
  for (const auto& [name, tensor] : tensors) {
    if (name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0 &&
        tensor.dim() >= 2) {
      return tensor.size(1);
    }
  }
  return 0;
}

// By the width of the text encoder.
string version_of(std::int64_t width) {
  switch (width) {
    case 768:
      return "SD 1.x";
    case 1024:
      return "SD 2.x";
    case 2048:
      return "SDXL";
    default:
      return fmt::format("SD-like (text width {})", width);
  }
}

string unet_version(const NamedTensors& tensors, const string& first_convolution) {
  const string version = version_of(columns_of(tensors, "attn2.to_k.weight"));
  return columns_of(tensors, first_convolution) == 9 ? version + ", inpainting" : version;
}

// A vector or some rows per token, and nothing else.
bool is_embedding(const NamedTensors& tensors) {
  return !tensors.empty() && tensors.size() <= 8 &&
         std::all_of(tensors.begin(), tensors.end(), [](const auto& item) {
           const torch::Tensor& tensor = item.second;
           return tensor.is_floating_point() && tensor.dim() >= 1 && tensor.dim() <= 2 &&
                  (tensor.dim() == 1 || tensor.size(0) <= 512) &&
                  (tensor.size(-1) == 768 || tensor.size(-1) == 1024 || tensor.size(-1) == 1280);
         });
}

string lora_kind(const NamedTensors& tensors) {
  if (any_with_prefix(tensors, "lora_unet_") || any_with_prefix(tensors, "lora_te")) {
    return any_with(tensors, ".hada_w1") ? "LoHa (kohya)" : "LoRA (kohya)";
  }
  if (any_with(tensors, ".lora_A.")) return "LoRA (peft)";
  if (any_with(tensors, "lora.down.weight") || any_with(tensors, "lora_linear_layer.down.weight")) {
    return "LoRA (diffusers)";
  }
  return {};
}

}  // namespace

string weights_kind(const Weights& weights) {
  const NamedTensors& tensors = weights.tensors;
  const auto network = weights.metadata.find("network");
  if (network != weights.metadata.end()) return "Ersatz " + network->second;
  if (any_with_prefix(tensors, "conditioner.embedders.")) return "single-file SDXL";
  if (is_single_file(tensors)) {
    return "single-file " + unet_version(tensors, "diffusion_model.input_blocks.0.0.weight");
  }
  const string lora = lora_kind(tensors);
  if (!lora.empty()) return lora;
  if (any_with_prefix(tensors, "time_embedding.") && tensors.count("conv_in.weight") > 0) {
    return unet_version(tensors, "conv_in.weight") + " UNet (diffusers)";
  }
  if (any_with_prefix(tensors, "encoder.down_blocks.")) return "AutoencoderKL (diffusers)";
  if (any_with_prefix(tensors, "first_stage_model.") || any_with_prefix(tensors, "encoder.down.")) {
    return "AutoencoderKL (original names)";
  }
  if (any_with_prefix(tensors, "text_model.encoder.layers.")) {
    return fmt::format("CLIP text encoder of width {}",
                       columns_of(tensors, "token_embedding.weight"));
  }
  if (any_with_prefix(tensors, "string_to_param.") || tensors.count("emb_params") > 0 ||
      is_embedding(tensors)) {
    return "textual inversion";
  }
  // Its 3x3 convolutions are numbered through, without other names.
  if (any_with_prefix(tensors, "encoder.layers.0.") || any_with_prefix(tensors, "1.conv.0.") ||
      any_with_prefix(tensors, "3.conv.0.")) {
    return "TAESD";
  }
  return "unknown tensors";
}

}  // namespace ersatz::models
