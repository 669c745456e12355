#include "models/offset_batch_norm.h"

#include <torch/types.h>

namespace ersatz::models {

namespace {

constexpr double kEpsilon = 0.001;

}  // namespace

OffsetBatchNorm::OffsetBatchNorm(std::int64_t channels, double decay) : decay_(decay) {
  offset_ = register_parameter("offset", torch::zeros({channels}));
  running_mean_ = register_buffer("running_mean", torch::zeros({channels}));
  running_variance_ = register_buffer("running_variance", torch::ones({channels}));
}

torch::Tensor OffsetBatchNorm::forward(const torch::Tensor& x, Statistics statistics) {
  const bool running = statistics != Statistics::kBatch;
  // libtorch's CUDA code makes the offset's gradient only beside a scale's.
  const torch::Tensor scale = x.is_cpu() ? torch::Tensor() : torch::ones_like(offset_.detach());
  return torch::batch_norm(x, scale, offset_, running ? running_mean_ : torch::Tensor(),
                           running ? running_variance_ : torch::Tensor(),
                           /*training=*/statistics != Statistics::kRunning, 1.0 - decay_, kEpsilon,
                           /*cudnn_enabled=*/true);
}

}  // namespace ersatz::models
