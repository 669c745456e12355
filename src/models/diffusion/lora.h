// Low-rank adaptations (Hu et al. 2021) of Stable Diffusion, merged into its weights.
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <string>
#include <vector>

#include "models/diffusion/stable_diffusion.h"

namespace ersatz::models {

enum class LoraTarget { kUNet, kTextEncoder };

// One adapted weight: W + scale * (alpha / rank) * up x down.
struct LoraFactor {
  LoraTarget target = LoraTarget::kUNet;
  std::string module;  // "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
  torch::Tensor down;  // [rank, in] or [rank, in, kh, kw]
  torch::Tensor up;    // [out, rank] or [out, rank, 1, 1]
  double alpha = 0;    // of the file; the rank when absent
};

// Reads diffusers' names (unet.<module>.processor.to_q_lora.down.weight, .lora_linear_layer,
// peft's lora_A/lora_B) and kohya's (lora_unet_..., lora_te_..., .alpha). `model` resolves
// flattened names. Names that fit nothing are refused (Error::untrusted listing them).
std::vector<LoraFactor> load_lora(const std::filesystem::path& path, const StableDiffusion& model);

// Adds the factors to the weights; keeps what it replaced, so that unmerging restores the exact
// bytes. One merge at a time per object.
class LoraMerge {
 public:
  LoraMerge(StableDiffusion& model, const std::vector<LoraFactor>& factors, double scale);
  ~LoraMerge();  // leaves the model merged unless unmerge() was called
  LoraMerge(const LoraMerge&) = delete;
  LoraMerge& operator=(const LoraMerge&) = delete;

  void unmerge();

 private:
  struct Saved;
  std::vector<Saved> saved_;
};

}  // namespace ersatz::models
