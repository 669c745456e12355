// The loss of denoising diffusion training.
#pragma once

#include <torch/types.h>

#include "generate/diffusion/schedulers/noise_training.h"

namespace ersatz::train {

// Weight of each sample's squared error, float32 [B]: 1, or with `min_snr_gamma` > 0 the "Min-SNR"
// weights min(SNR, gamma) of Hang et al. 2023 (section 3.4), expressed for what the network
// predicts: divided by SNR for the noise, by SNR + 1 for the velocity.
torch::Tensor loss_weights(const generate::TrainingNoise& noise, const torch::Tensor& timesteps,
                           double min_snr_gamma);

// Of each sample weight * mean squared error, in float32 at least: [B].
torch::Tensor weighted_errors(const torch::Tensor& answer, const torch::Tensor& target,
                              const torch::Tensor& weights);

// Sum over the samples of weight * mean squared error, in float32 at least: a scalar.
torch::Tensor weighted_error(const torch::Tensor& answer, const torch::Tensor& target,
                             const torch::Tensor& weights);

}  // namespace ersatz::train
