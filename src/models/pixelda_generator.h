// PixelDA's generator ("resnet" in the reference implementation): source image + noise -> image
// that looks like the target's.
//
//   noise [B, 10] uniform in [-1, 1) - fully connected, batch norm, ReLU -> one channel 28x28
//   [image, noise channel] - conv 3x3, 64, ReLU
//   6 residual blocks: conv 3x3, batch norm, ReLU, conv 3x3, batch norm, + input
//   conv 1x1 - tanh
//
// Convolutions before a batch norm have no bias; weights start as N(0, 0.02).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "models/offset_batch_norm.h"
#include "models/pixelda_options.h"

namespace ersatz::models {

class PixelDaGenerator : public torch::nn::Module {
 public:
  PixelDaGenerator(const PixelDaOptions& options, std::uint64_t seed);

  // images: [B, 1, S, S] in [-1, 1]; noise: [B, noise_dimensions]. Returns [B, 1, S, S] in (-1, 1).
  torch::Tensor forward(const torch::Tensor& images, const torch::Tensor& noise,
                        Statistics statistics);

  const PixelDaOptions& options() const { return options_; }

 private:
  struct Block {
    torch::Tensor first_weight, second_weight;
    std::shared_ptr<OffsetBatchNorm> first_norm, second_norm;
  };

  PixelDaOptions options_;
  torch::Tensor noise_weight_, first_weight_, first_bias_, last_weight_, last_bias_;
  std::shared_ptr<OffsetBatchNorm> noise_norm_;
  std::vector<Block> blocks_;
};

void save_pixelda_generator(const std::filesystem::path& path, const PixelDaGenerator& generator);
// On the CPU. Throws Error::untrusted for anything but a generator written by the above.
std::shared_ptr<PixelDaGenerator> load_pixelda_generator(const std::filesystem::path& path);

}  // namespace ersatz::models
