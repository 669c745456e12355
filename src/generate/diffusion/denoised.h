// The picture behind the noise, as the network sees it in the middle of sampling.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "generate/diffusion/schedulers/scheduler.h"

namespace ersatz::generate {

// The clean latents [B, 4, h, w] that the guided `output` at `call` stands for, whatever
// parametrisation it is in (Salimans & Ho 2022, section 4): sample = a clean + s noise with the
// scheduler's own a and s at that call.
torch::Tensor denoised_latents(const Scheduler& scheduler, Prediction prediction,
                               const torch::Tensor& sample, const torch::Tensor& output,
                               std::int64_t call);

}  // namespace ersatz::generate
