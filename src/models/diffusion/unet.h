// The denoising network of Stable Diffusion (Rombach et al. 2022), as diffusers'
// UNet2DConditionModel: same submodule names, same numbers.
#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "models/diffusion/cross_attention_cache.h"
#include "models/diffusion/stored_network.h"
#include "models/diffusion/unet_config.h"
#include "models/diffusion/unet_observer.h"

namespace ersatz::models {

class UNetRecording;

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

  // Whether calls on a GPU without gradients and without an observer may be recorded and replayed
  // (unet_recording.h). They are unless this says otherwise.
  void set_recording(bool wanted);
  // For who changes what is computed without moving a weight.
  void forget_recordings();

  const UNetConfig& config() const { return config_; }

 private:
  torch::Tensor computed(const torch::Tensor& sample, const torch::Tensor& timesteps,
                         const CrossAttentionCache& cache, UNetObserver* observer);

  struct Parts;
  UNetConfig config_;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<UNetRecording> recording_;  // null: none wanted
  std::vector<torch::Tensor> weights_;        // all parameters, once recordings need them
};

}  // namespace ersatz::models
