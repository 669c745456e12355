#include "generate/diffusion/preprocess.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <vector>

#include "core/error.h"

namespace ersatz::generate {
namespace {

torch::Tensor every(const torch::Tensor& mask, std::int64_t first, std::int64_t step) {
  return mask.slice(-2, first, mask.size(-2), step)
      .slice(-1, first, mask.size(-1), step)
      .contiguous();
}

}  // namespace

torch::Tensor encode_image(models::Autoencoder& autoencoder, const torch::Tensor& image,
                           const torch::Tensor& noise, c10::ScalarType type) {
  std::vector<torch::Tensor> means, log_variances;
  for (std::int64_t i = 0; i < image.size(0); ++i) {
    const models::LatentDistribution one =
        autoencoder.encode(image.narrow(0, i, 1).to(noise.device(), type));
    if (!torch::isfinite(one.mean).all().item<bool>() ||
        !torch::isfinite(one.log_variance).all().item<bool>()) {
      throw core::Error::numeric(fmt::format("encoded picture {}", i), "the autoencoder's output");
    }
    means.push_back(one.mean.to(torch::kFloat32));
    log_variances.push_back(one.log_variance.to(torch::kFloat32));
  }
  const models::LatentDistribution all{torch::cat(means).expand_as(noise),
                                       torch::cat(log_variances).expand_as(noise)};
  return all.sample(noise) * autoencoder.config().scaling_factor;
}

torch::Tensor binary_mask(const torch::Tensor& mask) { return mask.ge(0.5).to(torch::kFloat32); }

torch::Tensor masked_image(const torch::Tensor& image, const torch::Tensor& mask) {
  return image * (1 - mask);
}

torch::Tensor latent_mask(const torch::Tensor& mask, std::int64_t factor) {
  return every(mask, 0, factor);
}

torch::Tensor latent_mask_centred(const torch::Tensor& mask, std::int64_t factor) {
  return every(mask, factor / 2, factor);
}

}  // namespace ersatz::generate
