// The denoising network of Stable Diffusion (Rombach et al. 2022), as diffusers'
// UNet2DConditionModel: same submodule names, same numbers.
#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "models/diffusion/stored_network.h"
#include "models/diffusion/unet_config.h"
#include "models/diffusion/unet_observer.h"

namespace ersatz::models {

// Keys and values of every cross-attention layer for one batch of prompts, in the order of
// execution. They depend on the prompt alone: made once, used at every step.
struct CrossAttentionCache {
  std::vector<torch::Tensor> keys, values;  // each [B, L, heads*D]
  // The same with rows chosen by `index` (int64 [B']).
  CrossAttentionCache select(const torch::Tensor& index) const;
};

class UNet : public StoredNetwork {
 public:
  // Parameters are allocated but not initialised: load or initialise them before use.
  explicit UNet(const UNetConfig& config);
  ~UNet() override;

  // sample [B, in_channels, h, w] (any h, w >= 1), timesteps float [B] or [1], context
  // [B, L, cross_attention_dim]. Returns [B, out_channels, h, w].
  torch::Tensor forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                        const torch::Tensor& context, UNetObserver* observer = nullptr);

  CrossAttentionCache cross_attention_cache(const torch::Tensor& context);
  torch::Tensor forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                        const CrossAttentionCache& cache, UNetObserver* observer = nullptr);

  const UNetConfig& config() const { return config_; }

 private:
  struct Parts;
  UNetConfig config_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ersatz::models
