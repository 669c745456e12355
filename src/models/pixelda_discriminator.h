// PixelDA's discriminator: real target image or transferred one?
//
//   conv 3x3, 64, stride 1 (no batch norm) - leaky ReLU - dropout, noise
//   until the side is <= 4 (28 -> 14 -> 7 -> 4):
//     conv 3x3, filters doubled, stride 2 - batch norm - leaky ReLU - dropout, noise
//   fully connected 1 (logit)
//
// Strided convolutions pad one pixel on every side; TensorFlow's "SAME" pads even sizes only at the
// far side, which moves the sampling grid by one pixel and changes nothing else. Batch norm always
// uses the batch's own statistics: the discriminator is never used outside training.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "models/offset_batch_norm.h"
#include "models/pixelda_options.h"

namespace ersatz::models {

class PixelDaDiscriminator : public torch::nn::Module {
 public:
  PixelDaDiscriminator(const PixelDaOptions& options, std::uint64_t seed);

  // images: [B, 1, S, S] in [-1, 1]. Returns logits [B, 1]; positive means "real". Dropout and
  // noise depend on `noise_key` (see models/noisy_dropout.h).
  torch::Tensor forward(const torch::Tensor& images, std::uint64_t noise_key);

 private:
  struct Layer {
    torch::Tensor weight;
    std::shared_ptr<OffsetBatchNorm> norm;
  };

  PixelDaOptions options_;
  torch::Tensor first_weight_, first_bias_, last_weight_, last_bias_;
  std::vector<Layer> layers_;
};

}  // namespace ersatz::models
