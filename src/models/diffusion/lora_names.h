// Which weight of a model a key of a LoRA file speaks of: the naming schemes in use.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "models/diffusion/lora.h"

namespace ersatz::models {

enum class LoraRole { kDown, kUp, kAlpha };

struct LoraKey {
  std::string module;  // as the file spells it, with its prefix
  LoraRole role = LoraRole::kDown;
};

// Cuts off what says "down", "up" or "alpha"; nothing when the key has none of these:
//   kohya      lora_unet_..._to_q.lora_down.weight, .lora_up.weight, .alpha
//   diffusers  unet....processor.to_q_lora.down.weight, .lora_linear_layer.down.weight,
//              .lora.down.weight
//   peft       ....to_q.lora_A.weight (down), .lora_B.weight (up), .lora_A.default.weight
std::optional<LoraKey> split_lora_key(std::string_view key);

// Where a spelled module is in a model.
class LoraModules {
 public:
  explicit LoraModules(const StableDiffusion& model);

  struct Place {
    LoraTarget target = LoraTarget::kUNet;
    std::string module;  // the name in the network
  };
  // Nothing when the model has no such matrix or kernel.
  std::optional<Place> find(const std::string& spelled) const;

  // The weight of a module found above; changing its data changes the model.
  torch::Tensor weight(LoraTarget target, const std::string& module) const;

 private:
  std::optional<Place> find_dotted(LoraTarget target, std::string name) const;

  std::map<std::string, torch::Tensor> unet_, text_;  // by module
  // By flattened names, of diffusers and of single files, with "lora_unet_" or "lora_te_".
  std::map<std::string, Place> flattened_;
};

}  // namespace ersatz::models
