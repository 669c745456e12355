// The paper's digit classifier: the convolutional network of TensorFlow's MNIST tutorial.
//
//   conv 5x5, 32, "same" - ReLU - max pool 2x2
//   conv 5x5, 64, "same" - ReLU - max pool 2x2
//   fully connected 1024 - ReLU - dropout 0.4
//   fully connected 10
//
// (thexa4/artificial-data-research-models, mnist.py; Keras layers: Glorot-uniform weights, zero
// biases.) The first fully connected layer sees the features in the order [height, width, channel].
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>

#include "models/digit_classifier_options.h"

namespace ersatz::models {

class DigitClassifier : public torch::nn::Module {
 public:
  // Images are 28x28. Weights depend only on `seed`. Error::usage for widths below 1 or a dropout
  // outside [0, 1).
  DigitClassifier(const DigitClassifierOptions& options, std::uint64_t seed);

  // images: float32 [B, 1, 28, 28] in [0, 1]. Returns logits [B, classes]. In training mode hidden
  // units are dropped by numbers that depend on `dropout_key` (see models/noisy_dropout.h).
  torch::Tensor forward(const torch::Tensor& images, std::uint64_t dropout_key = 0);

  // What the last layer sees of the images: the hidden units after their ReLU, [B, hidden_units],
  // none of them dropped. For distances between sets of pictures.
  torch::Tensor features(const torch::Tensor& images) const;

  const DigitClassifierOptions& options() const { return options_; }

 private:
  DigitClassifierOptions options_;
  torch::Tensor conv1_weight_, conv1_bias_, conv2_weight_, conv2_bias_;
  torch::Tensor hidden_weight_, hidden_bias_, output_weight_, output_bias_;
};

// Writes the network with its sizes; and reads one back in evaluation mode on the CPU.
void save_digit_classifier(const std::filesystem::path& path, const DigitClassifier& network);
std::shared_ptr<DigitClassifier> load_digit_classifier(const std::filesystem::path& path);

}  // namespace ersatz::models
