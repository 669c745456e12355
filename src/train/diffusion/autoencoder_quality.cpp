#include "train/diffusion/autoencoder_quality.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "train/diffusion/autoencoder_loss.h"
#include "train/diffusion/image_batches.h"

namespace ersatz::train {

namespace {

// Sums over all numbers of the latents seen so far.
struct LatentSums {
  double count = 0, mean = 0, square = 0, variance = 0;

  void add(const models::LatentDistribution& latents) {
    const torch::Tensor mu = latents.mean.to(torch::kFloat64);
    count += static_cast<double>(mu.numel());
    mean += mu.sum().item<double>();
    square += mu.square().sum().item<double>();
    variance += latents.log_variance.to(torch::kFloat64).exp().sum().item<double>();
  }

  // Of a sample: the variance of the means plus the mean of the variances.
  double deviation() const {
    const double centre = mean / count;
    return std::sqrt(square / count - centre * centre + variance / count);
  }
};

}  // namespace

AutoencoderQuality autoencoder_quality(models::Autoencoder& autoencoder,
                                       const data::CaptionedImages& images, std::int64_t side,
                                       std::int64_t count, std::int64_t batch_size) {
  if (count < 1) throw core::Error::usage("an autoencoder is judged by at least one picture");
  const torch::NoGradGuard no_grad;
  const c10::Device device = autoencoder.parameters().front().device();
  AutoencoderQuality quality;
  LatentSums sums;
  const ImageBatches pictures(images, side, batch_size, 0, c10::kCPU);
  for (std::int64_t first = 0; first < count; first += batch_size) {
    const std::int64_t size = std::min(batch_size, count - first);
    const torch::Tensor batch = pictures.pictures(first, size).images.to(device);
    const models::LatentDistribution latents = autoencoder.encode(batch);
    const torch::Tensor decoded = autoencoder.decode(latents.mean).clamp(-1, 1);
    const torch::Tensor errors = (decoded.to(torch::kFloat64) - batch.to(torch::kFloat64))
                                     .square()
                                     .mean({1, 2, 3})
                                     .to(torch::kCPU);
    for (std::int64_t i = 0; i < size; ++i) {
      const double error = errors[i].item<double>();
      if (!std::isfinite(error)) {
        throw core::Error::numeric(fmt::format("decoded picture {}", first + i),
                                   "the autoencoder's output");
      }
      // A picture that comes back exactly has no noise: 8 bits have none below 1/2 of a level.
      quality.psnr += 10 * std::log10(4.0 / std::max(error, 1.0 / (255.0 * 255.0)));
    }
    sums.add(latents);
    quality.kl += kl_divergence(latents).item<double>() * static_cast<double>(size);
  }
  quality.psnr /= static_cast<double>(count);
  quality.kl /= static_cast<double>(count);
  quality.latent_deviation = sums.deviation();
  if (!std::isfinite(quality.latent_deviation) || !(quality.latent_deviation > 0)) {
    throw core::Error::numeric("standard deviation of the latents", "the autoencoder's encoder");
  }
  return quality;
}

}  // namespace ersatz::train
