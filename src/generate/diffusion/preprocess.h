// Pictures and masks on their way to latents.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "generate/diffusion/latent_noise.h"
#include "models/diffusion/autoencoder.h"

namespace ersatz::generate {

// Pictures [1 or B, 3, H, W] in [-1, 1] as one sample per image of the Gaussian they are encoded
// to, times the scaling factor: float32 [B, 4, H/f, W/f]. `noise` [B, 4, H/f, W/f], on the device
// where the result is wanted. Computed in `type`, picture by picture, so that neither memory nor
// numbers depend on how many there are. Throws Error::numeric naming the picture when the result
// is not finite.
torch::Tensor encode_image(models::Autoencoder& autoencoder, const torch::Tensor& image,
                           const torch::Tensor& noise, c10::ScalarType type);

// 1 where `mask` >= 0.5, else 0.
torch::Tensor binary_mask(const torch::Tensor& mask);

// The picture with 0 (grey) where it is to be repainted. `mask` is binary.
torch::Tensor masked_image(const torch::Tensor& image, const torch::Tensor& mask);

// [.., H, W] -> [.., H/factor, W/factor]: the first pixel of every block, as nearest-neighbour
// interpolation of tensors takes it.
torch::Tensor latent_mask(const torch::Tensor& mask, std::int64_t factor);
// The same with the pixel right below a block's centre, as image libraries take it.
torch::Tensor latent_mask_centred(const torch::Tensor& mask, std::int64_t factor);

}  // namespace ersatz::generate
