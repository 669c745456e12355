// Latents to pictures.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "models/diffusion/autoencoder.h"

namespace ersatz::generate {

struct DecodeOptions {
  c10::ScalarType type = c10::ScalarType::Float;  // computed in
  // Side of the tiles in latent pixels, 0 = the picture as a whole. Tiles need less memory, but
  // each is normalised by its own statistics, so that the result differs a little.
  std::int64_t tile = 0;
  std::int64_t overlap = 8;  // latent pixels over which neighbours are blended, < tile
};

// `latents` [B, 4, h, w] as the network uses them. Returns [B, 3, h*f, w*f] in [-1, 1], float32 on
// the CPU. One picture at a time: memory is that of one, and no picture depends on another. Throws
// Error::numeric naming the picture that is not finite.
torch::Tensor decode_latents(models::Autoencoder& autoencoder, const torch::Tensor& latents,
                             const DecodeOptions& options = {});

}  // namespace ersatz::generate
