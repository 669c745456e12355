#include "generate/diffusion/preview.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace ersatz::generate {

torch::Tensor preview_images(models::TinyAutoencoder& decoder, const SamplingStep& step) {
  const torch::NoGradGuard no_grad;
  return decoder.decode(step.denoised())
      .mul(255)
      .round_()
      .clamp_(0, 255)
      .to(torch::kCPU, torch::kUInt8)
      .permute({0, 2, 3, 1})
      .contiguous();
}

}  // namespace ersatz::generate
