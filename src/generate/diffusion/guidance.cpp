#include "generate/diffusion/guidance.h"

#include <torch/types.h>

#include <vector>

namespace ersatz::generate {
namespace {

// Over everything but the batch: [B, 1, 1, 1].
torch::Tensor deviation(const torch::Tensor& x) {
  return x.std({1, 2, 3}, /*unbiased=*/true, /*keepdim=*/true);
}

}  // namespace

torch::Tensor guide(const torch::Tensor& output, double scale, double rescale) {
  const std::vector<torch::Tensor> halves = output.chunk(2);
  const torch::Tensor& without = halves[0];
  const torch::Tensor& with = halves[1];
  torch::Tensor guided = (with - without).mul_(scale).add_(without);
  if (rescale > 0) {
    const torch::Tensor factor = deviation(with) / deviation(guided);
    guided = guided * (factor * rescale + (1 - rescale));
  }
  return guided;
}

}  // namespace ersatz::generate
