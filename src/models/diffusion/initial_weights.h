// Weights with which the training of Stable Diffusion's networks begins. Every number depends only
// on (seed, network, the parameter's name).
#pragma once

#include <cstdint>

#include "models/diffusion/clip_text.h"
#include "models/diffusion/unet.h"

namespace ersatz::models {

// As the original implementation of latent diffusion begins: matrices and kernels uniform in
// +-1 / sqrt(inputs), biases 0, norms 1; what is added to a residual stream last (second
// convolutions of residual blocks, output projections of transformers) and the last convolution
// are 0, so that the network begins as the identity with output 0 (Dhariwal & Nichol 2021).
void initialise_unet(UNet& network, std::uint64_t seed);

// As CLIP begins (Radford et al. 2021, released code): normal, token embeddings of deviation 0.02,
// positions 0.01, matrices scaled with width and depth; biases 0, norms 1.
void initialise_clip_text(ClipText& network, std::uint64_t seed);

}  // namespace ersatz::models
