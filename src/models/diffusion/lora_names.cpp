#include "models/diffusion/lora_names.h"

#include <array>
#include <utility>

#include "compute/torch_shim.h"
#include "core/affix.h"
#include "models/diffusion/key_map.h"
#include "models/diffusion/parameter_match.h"

namespace ersatz::models {

namespace {

constexpr std::string_view kWeight = ".weight";

std::string without_weight(std::string_view name) {
  return std::string(name.substr(0, name.size() - kWeight.size()));
}

std::string flatten(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

void replace_part(std::string& text, std::string_view part, std::string_view by) {
  const std::size_t at = text.find(part);
  if (at != std::string::npos) text.replace(at, part.size(), by);
}

void replace_end(std::string& text, std::string_view end, std::string_view by) {
  if (core::ends_with(text, end)) text.replace(text.size() - end.size(), end.size(), by);
}

std::map<std::string, torch::Tensor> matrices(const torch::nn::Module& module) {
  std::map<std::string, torch::Tensor> result;
  compute::for_each_parameter(module, [&](const std::string& name, const torch::Tensor& tensor) {
    if (tensor.dim() > 1 && core::ends_with(name, kWeight)) {
      result.emplace(without_weight(name), tensor);
    }
  });
  return result;
}

}  // namespace

std::optional<LoraKey> split_lora_key(std::string_view key) {
  constexpr std::array<std::pair<std::string_view, LoraRole>, 13> kEndings = {{
      {".lora_down.weight", LoraRole::kDown},
      {".lora_up.weight", LoraRole::kUp},
      {".lora_linear_layer.down.weight", LoraRole::kDown},
      {".lora_linear_layer.up.weight", LoraRole::kUp},
      {".lora.down.weight", LoraRole::kDown},
      {".lora.up.weight", LoraRole::kUp},
      {"_lora.down.weight", LoraRole::kDown},
      {"_lora.up.weight", LoraRole::kUp},
      {".lora_A.weight", LoraRole::kDown},
      {".lora_B.weight", LoraRole::kUp},
      {".lora_A.default.weight", LoraRole::kDown},
      {".lora_B.default.weight", LoraRole::kUp},
      {".alpha", LoraRole::kAlpha},
  }};
  for (const auto& [ending, role] : kEndings) {
    if (!core::ends_with(key, ending)) continue;
    std::string module(key.substr(0, key.size() - ending.size()));
    // diffusers writes "to_q_lora.alpha" and "q_proj.lora_linear_layer.alpha".
    if (role == LoraRole::kAlpha) {
      replace_end(module, "_lora", "");
      replace_end(module, ".lora_linear_layer", "");
      replace_end(module, ".lora", "");
    }
    return LoraKey{std::move(module), role};
  }
  return std::nullopt;
}

LoraModules::LoraModules(const StableDiffusion& model) {
  const auto add_flattened = [&](std::string_view prefix, std::string_view name, LoraTarget target,
                                 const std::string& module) {
    flattened_.emplace(std::string(prefix) + flatten(std::string(name)), Place{target, module});
  };
  if (model.unet) {
    unet_ = matrices(*model.unet);
    for (const KeyPair& pair :
         unet_single_file_keys(model.unet->config(), parameter_names(*model.unet))) {
      if (!core::ends_with(pair.parameter, kWeight)) continue;
      const std::string module = without_weight(pair.parameter);
      if (unet_.count(module) == 0) continue;
      const std::string original = without_weight(pair.key).substr(kSingleFileUNet.size());
      add_flattened("lora_unet_", module, LoraTarget::kUNet, module);
      add_flattened("lora_unet_", original, LoraTarget::kUNet, module);
    }
  }
  if (model.text_encoder) {
    text_ = matrices(*model.text_encoder);
    for (const auto& [module, tensor] : text_) {
      add_flattened("lora_te_", module, LoraTarget::kTextEncoder, module);
    }
  }
}

std::optional<LoraModules::Place> LoraModules::find_dotted(LoraTarget target,
                                                           std::string name) const {
  const auto& modules = target == LoraTarget::kUNet ? unet_ : text_;
  replace_part(name, ".processor.", ".");
  if (target == LoraTarget::kUNet) {
    replace_end(name, ".to_out", ".to_out.0");
  } else {
    // Names of the attention processors that diffusers once put into CLIP.
    for (const char* letter : {"q", "k", "v"}) {
      replace_end(name, std::string(".to_") + letter, std::string(".") + letter + "_proj");
    }
    replace_end(name, ".to_out", ".out_proj");
  }
  if (modules.count(name) == 0) return std::nullopt;
  return Place{target, std::move(name)};
}

std::optional<LoraModules::Place> LoraModules::find(const std::string& spelled) const {
  const auto flat = flattened_.find(spelled);
  if (flat != flattened_.end()) return flat->second;
  constexpr std::array<std::pair<std::string_view, LoraTarget>, 2> kPrefixes = {
      {{"unet.", LoraTarget::kUNet}, {"text_encoder.", LoraTarget::kTextEncoder}}};
  for (const auto& [prefix, target] : kPrefixes) {
    if (core::starts_with(spelled, prefix))
      return find_dotted(target, spelled.substr(prefix.size()));
  }
  constexpr std::string_view kPeft = "base_model.model.";
  const std::string bare =
      core::starts_with(spelled, kPeft) ? spelled.substr(kPeft.size()) : spelled;
  if (auto place = find_dotted(LoraTarget::kUNet, bare)) return place;
  return find_dotted(LoraTarget::kTextEncoder, bare);
}

torch::Tensor LoraModules::weight(LoraTarget target, const std::string& module) const {
  return (target == LoraTarget::kUNet ? unet_ : text_).at(module);
}

}  // namespace ersatz::models
