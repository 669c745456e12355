// The image autoencoder of Stable Diffusion (diffusers' AutoencoderKL).
#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>

#include "models/diffusion/autoencoder_config.h"
#include "models/diffusion/stored_network.h"

namespace ersatz::models {

// The Gaussian an image is encoded to, before scaling. [B, latent_channels, H/f, W/f] each.
struct LatentDistribution {
  torch::Tensor mean;
  torch::Tensor log_variance;  // clamped to [-30, 20]
  // mean + exp(log_variance / 2) * noise; noise of the same shape, standard normal.
  torch::Tensor sample(const torch::Tensor& noise) const;
};

class Autoencoder : public StoredNetwork {
 public:
  // Parameters are allocated but not initialised; names are those of diffusers' vae files, with
  // attention as to_q, to_k, to_v, to_out.0 (older names are mapped when weights are loaded).
  explicit Autoencoder(const AutoencoderConfig& config);
  ~Autoencoder() override;

  // image [B, 3, H, W] in [-1, 1], H and W multiples of factor().
  LatentDistribution encode(const torch::Tensor& image);
  // latents [B, 4, h, w] as the UNet uses them are divided by the scaling factor by the caller.
  // Returns [B, 3, h*f, w*f], about [-1, 1], not clamped.
  torch::Tensor decode(const torch::Tensor& latents);

  const AutoencoderConfig& config() const { return config_; }

 private:
  struct Parts;
  AutoencoderConfig config_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ersatz::models
