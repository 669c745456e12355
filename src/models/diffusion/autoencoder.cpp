#include "models/diffusion/autoencoder.h"

#include <torch/types.h>

#include "models/diffusion/layers/part.h"
#include "models/diffusion/layers/vae_blocks.h"

namespace ersatz::models {

namespace {

// Range that log variances of diffusers' DiagonalGaussianDistribution are clamped to.
constexpr double kLeastLogVariance = -30, kMostLogVariance = 20;

}  // namespace

torch::Tensor LatentDistribution::sample(const torch::Tensor& noise) const {
  return mean + torch::exp(0.5 * log_variance) * noise;
}

struct Autoencoder::Parts {
  std::shared_ptr<VaeEncoder> encoder;
  std::shared_ptr<VaeDecoder> decoder;
  std::shared_ptr<Linear> quant, post_quant;  // 1x1 convolutions
};

Autoencoder::Autoencoder(const AutoencoderConfig& config)
    : config_(config), parts_(std::make_unique<Parts>()) {
  const std::int64_t latent = config.latent_channels;
  const auto pointwise_layer = [](std::int64_t channels) {
    return std::make_shared<Linear>(channels, channels, true, LinearWeight::kKernel);
  };
  parts_->encoder = add_part(*this, "encoder", std::make_shared<VaeEncoder>(config));
  parts_->decoder = add_part(*this, "decoder", std::make_shared<VaeDecoder>(config));
  parts_->quant = add_part(*this, "quant_conv", pointwise_layer(2 * latent));
  parts_->post_quant = add_part(*this, "post_quant_conv", pointwise_layer(latent));
}

Autoencoder::~Autoencoder() = default;

LatentDistribution Autoencoder::encode(const torch::Tensor& image) {
  TORCH_CHECK(image.dim() == 4 && image.size(1) == config_.image_channels &&
                  image.size(2) % config_.factor() == 0 && image.size(3) % config_.factor() == 0,
              "Autoencoder: image must be [B, ", config_.image_channels,
              ", H, W] with sides that are multiples of ", config_.factor(), ", got ",
              image.sizes());
  bring_in();
  const torch::Tensor moments = parts_->quant->forward_map(parts_->encoder->forward(image));
  const auto halves = moments.chunk(2, 1);
  return {halves[0].contiguous(),
          halves[1].clamp(kLeastLogVariance, kMostLogVariance).contiguous()};
}

torch::Tensor Autoencoder::decode(const torch::Tensor& latents) {
  TORCH_CHECK(latents.dim() == 4 && latents.size(1) == config_.latent_channels,
              "Autoencoder: latents must be [B, ", config_.latent_channels, ", h, w], got ",
              latents.sizes());
  bring_in();
  return parts_->decoder->forward(parts_->post_quant->forward_map(latents)).contiguous();
}

}  // namespace ersatz::models
