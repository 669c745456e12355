// The discriminator of the conditional GAN: is this a real picture of this class?
//
//   class - embedding 50 - fully connected 784                      -> one channel 28x28
//   [picture, class channel]
//   2 x [conv 3x3, 128, stride 2 - leaky ReLU 0.2]                  -> 14x14, 7x7
//   dropout 0.4 - fully connected 1 (logit)
//
// As the tutorial's Keras network, with the initial weights of the generator's kind. Keras's
// padding "same" of a 3x3 convolution with stride 2 adds one row of zeros below and one column on
// the right. Here the picture is turned upside down first (by 180 degrees) and padded above and on
// the left, which is the same network: kernels are Keras's turned by 180 degrees, the class channel
// and the last layer, in the order [height, width, channel], run backwards. Both orders are
// learned.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "models/conditional_gan_options.h"

namespace ersatz::models {

class ConditionalGanDiscriminator : public torch::nn::Module {
 public:
  // Weights depend only on `seed`. Error::usage as check(options).
  ConditionalGanDiscriminator(const ConditionalGanOptions& options, std::uint64_t seed);

  // images: float32 [B, 1, 28, 28] in [-1, 1]; labels: int64 [B] in [0, classes). Returns logits
  // [B, 1]; positive means "real". In training mode features are dropped by numbers that depend on
  // `dropout_key` (models/noisy_dropout.h).
  torch::Tensor forward(const torch::Tensor& images, const torch::Tensor& labels,
                        std::uint64_t dropout_key = 0);

  const ConditionalGanOptions& options() const { return options_; }

 private:
  ConditionalGanOptions options_;
  torch::Tensor embedding_, label_weight_, label_bias_;
  torch::Tensor down1_weight_, down1_bias_, down2_weight_, down2_bias_;
  torch::Tensor output_weight_, output_bias_;
};

// Writes the discriminator with its sizes; and reads one back in evaluation mode on the CPU, with
// the errors of load_conditional_gan_generator.
void save_conditional_gan_discriminator(const std::filesystem::path& path,
                                        const ConditionalGanDiscriminator& discriminator);
std::shared_ptr<ConditionalGanDiscriminator> load_conditional_gan_discriminator(
    const std::filesystem::path& path);

}  // namespace ersatz::models
