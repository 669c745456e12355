// Repainting with a network that knows nothing of masks: what is to be kept is put back, with the
// right amount of noise, after every step.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "generate/diffusion/schedulers/scheduler.h"

namespace ersatz::generate {

class MaskedBlend {
 public:
  enum class Noising {
    kNextStep,  // as the next step expects it, none after the last (diffusers' inpainting)
    kThisStep   // as this step expected it, and once more without noise at the end (its "legacy")
  };
  // `clean` [B, 4, h, w]: latents of the picture. `noise`: the same throughout. `repaint`
  // [1 or B, 1, h, w] in [0, 1].
  MaskedBlend(torch::Tensor clean, torch::Tensor noise, torch::Tensor repaint, Noising noising);

  // The latents after call `call` with the kept part put back.
  torch::Tensor apply(const torch::Tensor& latents, const Scheduler& scheduler,
                      std::int64_t call) const;

 private:
  torch::Tensor blend(const torch::Tensor& kept, const torch::Tensor& latents) const;

  torch::Tensor clean_, noise_, repaint_, keep_;
  Noising noising_;
};

}  // namespace ersatz::generate
