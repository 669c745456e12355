// Writing a LoRA as diffusers' training scripts do.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "models/diffusion/lora.h"

namespace ersatz::models {

// The name of the file by which diffusers finds a LoRA in a folder.
inline constexpr const char* kLoraWeights = "pytorch_lora_weights.safetensors";

// One safetensors file that load_lora and diffusers' load_lora_weights read:
// "unet.<module>.lora.down.weight" for attention in the UNet,
// "text_encoder.<module>.lora_linear_layer.down.weight" for attention in the text encoder,
// "<network>.<module>.lora_A.weight" for other layers. Readers take a file without alpha for one
// whose alpha is the rank, so alpha / rank goes into the up factors. Error::numeric naming a factor
// that is not finite, Error::io.
void save_lora(const std::filesystem::path& file, const std::vector<LoraFactor>& factors,
               const std::map<std::string, std::string>& metadata = {});

}  // namespace ersatz::models
