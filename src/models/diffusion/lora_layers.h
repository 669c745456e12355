// Low-rank adaptations (Hu et al. 2021) of a Stable Diffusion model while they are learned: beside
// its linear layers, none of whose weights changes.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/diffusion/lora.h"
#include "models/safetensors.h"

namespace ersatz::models {

// What the down factors begin as; the up factors are 0, so that the model begins as it is.
enum class LoraInit {
  kKaiming,   // uniform within 1 / sqrt(in): kaiming_uniform_ with a = sqrt(5), peft's default
  kGaussian,  // normal with deviation 1 / rank: peft's "gaussian", diffusers' scripts
};

// "kaiming", "gaussian"; Error::unknown otherwise.
LoraInit parse_lora_init(std::string_view text);
std::string_view lora_init_name(LoraInit init);

// The defaults are those of diffusers' train_dreambooth_lora.py and peft.
struct LoraSettings {
  std::int64_t rank = 4;
  double alpha = 0;  // the term is scaled by alpha / rank; 0: the rank
  LoraInit init = LoraInit::kKaiming;
  // Names of linear layers: all of a path ("mid_block.attentions.0.proj_in") or its end ("to_q").
  std::vector<std::string> unet_targets = {"to_q", "to_k", "to_v", "to_out.0"};
  // Of the text encoder, where it is adapted.
  std::vector<std::string> text_targets = {"q_proj", "k_proj", "v_proj", "out_proj"};

  double scale() const { return alpha > 0 ? alpha / static_cast<double>(rank) : 1.0; }
};

// Error::usage for a rank below 1, an alpha that is negative or not finite, no target at all.
void check(const LoraSettings& settings);

class LoraLayers {
 public:
  // Puts a term beside every layer that a target names, in the UNet and, with `text_encoder`, in
  // the text encoder; both compute with these terms as long as this lives. Factors are float32 on
  // the model's device and take gradients; each depends on `seed` and its layer's name only. Also
  // Error::unknown for a target that names no linear layer, with the nearest name that does.
  LoraLayers(const StableDiffusion& model, const LoraSettings& settings, bool text_encoder,
             std::uint64_t seed);
  ~LoraLayers();  // takes the terms away: the model is what it was
  LoraLayers(const LoraLayers&) = delete;
  LoraLayers& operator=(const LoraLayers&) = delete;

  // The factors themselves: "unet/<module>/down" and so on.
  NamedTensors parameters() const;
  // Copies on the CPU, in the shape of their weight, as a file holds them.
  std::vector<LoraFactor> factors() const;

 private:
  struct Layer;

  std::shared_ptr<UNet> unet_;
  std::shared_ptr<ClipText> text_encoder_;
  LoraSettings settings_;
  std::vector<Layer> layers_;
};

}  // namespace ersatz::models
