#include "generate/diffusion/decode.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <vector>

#include "compute/tensor_memory.h"
#include "core/error.h"
#include "core/signals.h"

namespace ersatz::generate {
namespace {

// First pixels of tiles that cover `length`; the last one ends with it.
std::vector<std::int64_t> tile_starts(std::int64_t length, std::int64_t tile,
                                      std::int64_t overlap) {
  std::vector<std::int64_t> starts = {0};
  while (starts.back() + tile < length) {
    starts.push_back(std::min(starts.back() + tile - overlap, length - tile));
  }
  return starts;
}

// Weight of a tile along one side: rises from its ends over `overlap` pixels, never 0.
torch::Tensor ramp(std::int64_t length, std::int64_t overlap, const torch::TensorOptions& options) {
  const torch::Tensor from_start = torch::arange(1, length + 1, options);
  return torch::minimum(from_start, from_start.flip(0))
      .clamp_max_(std::max<double>(static_cast<double>(overlap), 1));
}

torch::Tensor decode_tiled(models::Autoencoder& autoencoder, const torch::Tensor& latents,
                           std::int64_t tile, std::int64_t overlap) {
  const std::int64_t factor = autoencoder.config().factor();
  const std::int64_t height = std::min(tile, latents.size(2)),
                     width = std::min(tile, latents.size(3));
  const torch::TensorOptions options = latents.options().dtype(torch::kFloat32);
  const torch::Tensor weight = ramp(height * factor, overlap * factor, options).unsqueeze(1) *
                               ramp(width * factor, overlap * factor, options);
  torch::Tensor sum = torch::zeros(
      {1, autoencoder.config().image_channels, latents.size(2) * factor, latents.size(3) * factor},
      options);
  torch::Tensor weights = torch::zeros({sum.size(2), sum.size(3)}, options);
  for (const std::int64_t y : tile_starts(latents.size(2), height, overlap)) {
    for (const std::int64_t x : tile_starts(latents.size(3), width, overlap)) {
      core::stop_point();
      const torch::Tensor part =
          autoencoder.decode(latents.narrow(2, y, height).narrow(3, x, width).contiguous());
      sum.narrow(2, y * factor, height * factor)
          .narrow(3, x * factor, width * factor)
          .add_(part.to(torch::kFloat32) * weight);
      weights.narrow(0, y * factor, height * factor)
          .narrow(1, x * factor, width * factor)
          .add_(weight);
    }
  }
  return sum.div_(weights);
}

}  // namespace

torch::Tensor decode_latents(models::Autoencoder& autoencoder, const torch::Tensor& latents,
                             const DecodeOptions& options) {
  const bool tiled =
      options.tile > 0 && (latents.size(2) > options.tile || latents.size(3) > options.tile);
  if (tiled && (options.overlap < 0 || options.overlap >= options.tile)) {
    throw core::Error::usage(fmt::format("tiles of {} latent pixels cannot overlap by {}",
                                         options.tile, options.overlap));
  }
  const torch::NoGradGuard no_grad;
  compute::release_tensor_memory();  // what the UNet worked in: the decoder needs other sizes
  const torch::Tensor scaled = (latents / autoencoder.config().scaling_factor).to(options.type);
  const std::int64_t factor = autoencoder.config().factor();
  torch::Tensor pictures = torch::empty({latents.size(0), autoencoder.config().image_channels,
                                         latents.size(2) * factor, latents.size(3) * factor},
                                        torch::kFloat32);
  for (std::int64_t i = 0; i < latents.size(0); ++i) {
    core::stop_point();
    const torch::Tensor one = scaled.narrow(0, i, 1);
    const torch::Tensor decoded =
        tiled ? decode_tiled(autoencoder, one, options.tile, options.overlap)
              : autoencoder.decode(one);
    torch::Tensor picture = pictures.narrow(0, i, 1);
    picture.copy_(decoded);
    if (!torch::isfinite(picture).all().item<bool>()) {
      throw core::Error::numeric(fmt::format("decoded picture {}", i), "the autoencoder's output")
          .with_hint("this autoencoder may need more range than float16 has: try --dtype fp32");
    }
    picture.clamp_(-1, 1);
  }
  compute::release_tensor_memory();  // and the UNet of the next pictures needs others again
  return pictures;
}

}  // namespace ersatz::generate
