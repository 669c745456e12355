// How well an autoencoder reproduces pictures, and how large its latents are.
#pragma once

#include <cstdint>
#include <string>

#include "data/captioned_image.h"
#include "models/diffusion/autoencoder.h"

namespace ersatz::train {

struct AutoencoderQuality {
  // Peak signal-to-noise ratio in dB, the mean over pictures: 10 log10(4 / mean squared error) of
  // the decoded mean of the latents, cut to [-1, 1].
  double psnr = 0;
  // Standard deviation of all numbers of the latents as they are sampled, before scaling.
  double latent_deviation = 0;
  double kl = 0;  // kl_divergence of the latents

  // What makes the scaled latents' standard deviation 1 (Rombach et al. 2022, section 4.3.2 and
  // appendix G: the rescaling of latents).
  double scaling_factor() const { return 1.0 / latent_deviation; }
};

// Of pictures 0 .. count - 1 of the supply, cut to squares of `side` px. The autoencoder's
// parameters are on one device. Throws Error::numeric (exit 20) naming the picture when a number is
// not finite, or when the latents are all the same; Error::usage for count < 1.
AutoencoderQuality autoencoder_quality(models::Autoencoder& autoencoder,
                                       const data::CaptionedImages& images, std::int64_t side,
                                       std::int64_t count, std::int64_t batch_size = 8);

}  // namespace ersatz::train
