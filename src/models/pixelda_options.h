// Sizes of the PixelDA networks (Bousmalis et al. 2017, "Unsupervised Pixel-Level Domain Adaptation
// with Generative Adversarial Networks"), with the defaults of the published configuration.
#pragma once

#include <cstdint>

namespace ersatz::models {

struct PixelDaOptions {
  std::int64_t image_size = 28;  // height = width, one channel
  std::int64_t classes = 10;

  std::int64_t generator_filters = 64;
  std::int64_t residual_blocks = 6;
  std::int64_t noise_dimensions = 10;  // uniform in [-1, 1)

  std::int64_t discriminator_filters = 64;  // of the first layer; doubled at every halving
  double discriminator_keep = 0.9;          // dropout keep probability after every convolution
  double discriminator_noise = 0.2;         // standard deviation added after every convolution
  double leakiness = 0.2;                   // slope of the leaky ReLU below 0

  std::int64_t task_filters = 32;        // of the first layer; doubled at every halving
  std::int64_t task_private_layers = 2;  // not shared by source and transferred images
  std::int64_t task_hidden_units = 100;
  double task_dropout = 0.5;  // probability of dropping a hidden unit

  double batch_norm_decay = 0.9;    // of the running mean and variance
  double initial_deviation = 0.02;  // weights start as N(0, this), biases at 0
};

// Throws Error::usage for sizes below 1, probabilities outside their range and negative
// deviations.
void check(const PixelDaOptions& options);

}  // namespace ersatz::models
