#include "train/diffusion/autoencoder_loss.h"

#include <torch/types.h>

namespace ersatz::train {

namespace {

torch::Tensor steps_along(const torch::Tensor& x, std::int64_t dimension) {
  const std::int64_t length = x.size(dimension);
  return (x.narrow(dimension, 1, length - 1) - x.narrow(dimension, 0, length - 1)).abs().mean();
}

}  // namespace

torch::Tensor edge_error(const torch::Tensor& error, std::int64_t scales) {
  torch::Tensor at_scale = error, sum;
  for (std::int64_t i = 0; i < scales; ++i) {
    if (i > 0) at_scale = torch::avg_pool2d(at_scale, 2);
    const torch::Tensor here = steps_along(at_scale, 2) + steps_along(at_scale, 3);
    sum = sum.defined() ? sum + here : here;
  }
  return sum;
}

torch::Tensor kl_divergence(const models::LatentDistribution& latents) {
  return 0.5 *
         (latents.mean.square() + latents.log_variance.exp() - 1 - latents.log_variance).mean();
}

AutoencoderLoss autoencoder_loss(const torch::Tensor& images, const torch::Tensor& decoded,
                                 const models::LatentDistribution& latents,
                                 const AutoencoderLossWeights& weights) {
  // Both in one memory order: elements that lie apart are taken one by one.
  const torch::Tensor error =
      decoded.to(torch::kFloat32).contiguous() - images.to(torch::kFloat32).contiguous();
  const torch::Tensor absolute = error.abs().mean(), kl = kl_divergence(latents);
  torch::Tensor total = absolute * weights.absolute + kl * weights.kl;
  if (weights.squared != 0) total = total + error.square().mean() * weights.squared;
  if (weights.edges != 0) total = total + edge_error(error, weights.scales) * weights.edges;
  return {total, absolute.detach(), kl.detach()};
}

}  // namespace ersatz::train
