// What can be refused before anything is computed.
#pragma once

#include <cstdint>

#include "generate/diffusion/pipeline.h"

namespace ersatz::generate {

struct ModelShape {
  std::int64_t factor = 8;           // image pixels per latent pixel along one side
  std::int64_t latent_channels = 4;  // of the autoencoder
  std::int64_t unet_channels = 4;    // what the network takes
};
ModelShape shape_of(const models::StableDiffusion& model);

// Throws Error::usage for a request that does not fit together or does not fit the model.
void check_request(const SamplingRequest& request, const ModelShape& shape);

}  // namespace ersatz::generate
