#include "models/noisy_dropout.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include "compute/noise_kernel.h"
#include "compute/parallel.h"

namespace ersatz::models {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

class NoisyDropout : public torch::autograd::Function<NoisyDropout> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, double keep,
                               double deviation, std::int64_t key) {
    torch::Tensor y = torch::empty_like(x);
    torch::Tensor mask;
    if (keep < 1.0) mask = torch::empty_like(x, x.options().dtype(torch::kUInt8));
    const compute::NoiseSettings settings{static_cast<std::uint64_t>(key), static_cast<float>(keep),
                                          static_cast<float>(deviation)};
    const std::int64_t size = x.numel();
    const std::int64_t blocks = (size + compute::kNoiseBlock - 1) / compute::kNoiseBlock;
    const float* in = x.data_ptr<float>();
    float* out = y.data_ptr<float>();
    std::uint8_t* kept = mask.defined() ? mask.data_ptr<std::uint8_t>() : nullptr;
    compute::parallel_for(blocks, 4, [&](std::int64_t begin, std::int64_t end) {
      compute::noise_forward(in, out, kept, size, begin, end, settings);
    });
    context->save_for_backward({mask});
    context->saved_data["keep"] = keep;
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const torch::Tensor mask = context->get_saved_variables()[0];
    torch::Tensor gradient = gradients[0];
    if (mask.defined()) {
      gradient = (gradient * mask).mul_(1.0 / context->saved_data["keep"].toDouble());
    }
    return {gradient, {}, {}, {}};
  }
};

}  // namespace

torch::Tensor noisy_dropout(const torch::Tensor& x, double keep, double deviation,
                            std::uint64_t key) {
  if (x.is_cpu()) {
    const torch::Tensor dense = x.is_non_overlapping_and_dense() ? x : x.contiguous();
    return NoisyDropout::apply(dense, keep, deviation, static_cast<std::int64_t>(key));
  }
  torch::Tensor y = keep < 1.0 ? torch::dropout(x, 1.0 - keep, true) : x;
  return deviation > 0.0 ? y + deviation * torch::randn_like(y) : y;
}

}  // namespace ersatz::models
