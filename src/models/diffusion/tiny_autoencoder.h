// TAESD: a distilled autoencoder for Stable Diffusion's latents, small enough for previews
// (github.com/madebyollin/taesd).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <filesystem>
#include <memory>

namespace ersatz::models {

class TinyAutoencoder : public torch::nn::Module {
 public:
  TinyAutoencoder();
  ~TinyAutoencoder() override;

  // image [B, 3, H, W] in [0, 1], H and W multiples of 8 -> latents [B, 4, H/8, W/8] as the UNet
  // uses them (already scaled).
  torch::Tensor encode(const torch::Tensor& image);
  // The reverse; clamped to [0, 1].
  torch::Tensor decode(const torch::Tensor& latents);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Reads taesd_encoder.safetensors and taesd_decoder.safetensors (any floating-point type; computed
// in float32), or diffusers' AutoencoderTiny file with both.
std::shared_ptr<TinyAutoencoder> load_tiny_autoencoder(const std::filesystem::path& directory);

}  // namespace ersatz::models
