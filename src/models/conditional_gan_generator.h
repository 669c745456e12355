// The generator of the conditional GAN: noise and a class to a grey picture of 28 x 28 px.
//
//   class - embedding 50 - fully connected 49                       -> one channel 7x7
//   noise [100] - fully connected 6272, leaky ReLU 0.2              -> 128 channels 7x7
//   [noise channels, class channel]
//   2 x [transposed conv 4x4, 128, stride 2 - leaky ReLU 0.2]       -> 14x14, 28x28
//   conv 7x7, 1 - tanh
//
// As the tutorial's Keras network: all with biases, no batch normalisation, no activation after the
// class's layer; Glorot-uniform weights, zero biases, embeddings uniform in +-0.05. Keras's padding
// "same" of a transposed 4x4 convolution with stride 2 cuts one pixel off every side: libtorch's
// padding 1. Units of the fully connected layers lie in the order [height, width, channel].
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/conditional_gan_options.h"

namespace ersatz::models {

class ConditionalGanGenerator : public torch::nn::Module {
 public:
  // Weights depend only on `seed`. Error::usage as check(options).
  ConditionalGanGenerator(const ConditionalGanOptions& options, std::uint64_t seed);

  // noise: float32 [B, latent_dimensions]; labels: int64 [B] in [0, classes). Returns
  // [B, 1, 28, 28] in (-1, 1).
  torch::Tensor forward(const torch::Tensor& noise, const torch::Tensor& labels);

  const ConditionalGanOptions& options() const { return options_; }

 private:
  ConditionalGanOptions options_;
  torch::Tensor embedding_, label_weight_, label_bias_, noise_weight_, noise_bias_;
  torch::Tensor up1_weight_, up1_bias_, up2_weight_, up2_bias_, output_weight_, output_bias_;
};

// Writes the generator with its sizes and the names of its classes. Pictures are stored by these
// names: Error::usage for one that is not a plain name of a file (no path, no leading dot, UTF-8
// without control characters, at most 200 bytes), and for one that occurs twice.
void save_conditional_gan_generator(const std::filesystem::path& path,
                                    const ConditionalGanGenerator& generator,
                                    const std::vector<std::string>& class_names);

struct LoadedGenerator {
  std::shared_ptr<ConditionalGanGenerator> network;  // on the CPU
  std::vector<std::string> class_names;              // in the order of the labels
};

// Error::missing when there is no file; Error::untrusted for anything but a generator written by
// the above, names of its classes included.
LoadedGenerator load_conditional_gan_generator(const std::filesystem::path& path);

}  // namespace ersatz::models
