#include "generate/diffusion/inpainting.h"

#include <torch/types.h>

#include <utility>

namespace ersatz::generate {

MaskedBlend::MaskedBlend(torch::Tensor clean, torch::Tensor noise, torch::Tensor repaint,
                         Noising noising)
    : clean_(std::move(clean)),
      noise_(std::move(noise)),
      repaint_(std::move(repaint)),
      keep_(1 - repaint_),
      noising_(noising) {}

torch::Tensor MaskedBlend::blend(const torch::Tensor& kept, const torch::Tensor& latents) const {
  return kept * keep_ + latents * repaint_;
}

torch::Tensor MaskedBlend::apply(const torch::Tensor& latents, const Scheduler& scheduler,
                                 std::int64_t call) const {
  const bool last = call + 1 == scheduler.size();
  if (noising_ == Noising::kNextStep) {
    return blend(last ? clean_ : scheduler.add_noise(clean_, noise_, call + 1), latents);
  }
  const torch::Tensor blended = blend(scheduler.add_noise(clean_, noise_, call), latents);
  return last ? blend(clean_, blended) : blended;
}

}  // namespace ersatz::generate
