// The network as the sampler sees it: prompts and guidance inside, one call per step.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "generate/diffusion/prompt_encoder.h"
#include "models/diffusion/stable_diffusion.h"
#include "models/diffusion/unet.h"

namespace ersatz::generate {

struct Conditioning {
  std::vector<std::string> prompts;    // one per image
  std::vector<std::string> negatives;  // one per image; not used without guidance
  double guidance = 7.5;               // <= 1: none
  double guidance_rescale = 0;
};

class Denoiser {
 public:
  // Encodes every distinct prompt once and keeps the keys and values of cross-attention, which
  // depend on nothing else. `timesteps`: of all calls to come. `extra_channels` [B, c, h, w] are
  // put behind the sample's (inpainting networks) unless undefined.
  Denoiser(models::StableDiffusion& model, const PromptEncoder& encoder,
           const Conditioning& conditioning, const std::vector<double>& timesteps,
           const torch::Tensor& extra_channels);

  // The guided output, float32 [B, 4, h, w], for `sample` (scaled as the network wants it) at
  // `call`. `observer`, if any, sees both halves of the batch [without; with the prompt].
  torch::Tensor predict(const torch::Tensor& sample, std::int64_t call,
                        models::UNetObserver* observer) const;

 private:
  models::UNet& unet_;
  c10::ScalarType compute_type_;
  bool guided_;
  double guidance_, rescale_;
  torch::Tensor timesteps_;       // float32 [calls] on the device: no copy per step
  torch::Tensor extra_channels_;  // already doubled when guided
  models::CrossAttentionCache cache_;
};

}  // namespace ersatz::generate
