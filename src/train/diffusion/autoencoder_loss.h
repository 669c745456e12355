// What an autoencoder is trained to make small.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "models/diffusion/autoencoder.h"

namespace ersatz::train {

// Weights of the terms; a term of weight 0 is not computed.
struct AutoencoderLossWeights {
  double absolute = 1.0;  // mean |error| over pixels and channels
  double squared = 0.0;   // mean error^2
  double edges = 0.0;     // edge_error over `scales` scales
  double kl = 1e-6;       // kl_divergence
  std::int64_t scales = 3;
};

// Mean absolute difference between the edges of two pictures, summed over scales: of the error
// [B, C, H, W], |error[x + 1] - error[x]| + |error[y + 1] - error[y]|, then the same of the error
// averaged over squares of 2 x 2, ... H and W are divisible by 2^(scales - 1). Weighs errors at
// edges and in texture more than those in flat regions, and costs no network (the gradient
// difference loss of Mathieu et al. 2016, over an image pyramid).
torch::Tensor edge_error(const torch::Tensor& error, std::int64_t scales);

// Of N(mean, variance) from N(0, 1), per latent number: mean of
// (mean^2 + variance - 1 - log variance) / 2.
torch::Tensor kl_divergence(const models::LatentDistribution& latents);

struct AutoencoderLoss {
  torch::Tensor total;     // what is minimised; scalars
  torch::Tensor absolute;  // unweighted, without a gradient of their own
  torch::Tensor kl;
};

// images, decoded: [B, C, H, W] in [-1, 1]; computed in float32 whatever their type.
AutoencoderLoss autoencoder_loss(const torch::Tensor& images, const torch::Tensor& decoded,
                                 const models::LatentDistribution& latents,
                                 const AutoencoderLossWeights& weights);

}  // namespace ersatz::train
