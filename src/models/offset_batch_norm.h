// Batch normalisation with a learned offset and no learned scale: the default of TensorFlow-slim,
// which PixelDA's reference implementation relies on.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>

namespace ersatz::models {

enum class Statistics {
  kBatch,           // normalise with the batch's own mean and variance
  kBatchAndUpdate,  // the same, and move the running ones towards them
  kRunning,         // normalise with the running ones: rows do not depend on each other
};

class OffsetBatchNorm : public torch::nn::Module {
 public:
  // decay: running = decay * running + (1 - decay) * batch. Epsilon is slim's 0.001.
  OffsetBatchNorm(std::int64_t channels, double decay);

  // x: [B, C] or [B, C, H, W].
  torch::Tensor forward(const torch::Tensor& x, Statistics statistics);

 private:
  double decay_;
  torch::Tensor offset_, running_mean_, running_variance_;
};

}  // namespace ersatz::models
