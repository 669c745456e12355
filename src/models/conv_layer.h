// Convolution and batch normalisation as modules with torchvision's parameter names, and the pair
// of them, which is computed together.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "compute/batch_norm.h"
#include "compute/winograd.h"
#include "models/channel_moments.h"

namespace ersatz::models {

// A square kernel without bias: the parameter "weight" [out, in, k, k].
class ConvLayer : public torch::nn::Module {
 public:
  ConvLayer(torch::Tensor weight, std::int64_t stride, std::int64_t padding);

  // x [B, in, H, W]. 3x3 kernels of stride 1 by compute/winograd.h, others by
  // compute/direct_conv.h, where these can; by libtorch where not.
  torch::Tensor forward(const torch::Tensor& x) const;

  const torch::Tensor& weight() const { return weight_; }
  std::int64_t stride() const { return stride_; }
  std::int64_t padding() const { return padding_; }

 private:
  torch::Tensor weight_;
  std::int64_t stride_, padding_;
};

// The parameters "weight" and "bias" and the buffers "running_mean", "running_var" and
// "num_batches_tracked".
class NormLayer : public torch::nn::Module {
 public:
  // weight begins as `scale`.
  explicit NormLayer(std::int64_t channels, double scale = 1, double momentum = 0.1,
                     double epsilon = 1e-5);

  // compute/batch_norm.h; counts the batch when training.
  torch::Tensor forward(const torch::Tensor& x, bool relu, const torch::Tensor& residual = {});
  torch::Tensor relu_max_pool(const torch::Tensor& x);

  const compute::BatchNorm& norm() const { return norm_; }

  // From now on `moments` are those of all that is to be normalised; null: no longer.
  void observe(std::shared_ptr<ChannelMoments> moments) { moments_ = std::move(moments); }
  bool is_observed() const { return moments_ != nullptr; }

 private:
  void count(const torch::Tensor& x);

  compute::BatchNorm norm_;
  torch::Tensor batches_;
  std::shared_ptr<ChannelMoments> moments_;
};

// conv, then norm, then `residual` added, then a ReLU when `relu`. In evaluation without gradients
// the normalisation is folded into the kernel, whose order for Winograd's products is kept until
// the layer trains or its parameters change; not while the normalisation is observed.
class ConvNorm {
 public:
  ConvNorm(std::shared_ptr<ConvLayer> conv, std::shared_ptr<NormLayer> norm)
      : conv_(std::move(conv)), norm_(std::move(norm)) {}

  torch::Tensor forward(const torch::Tensor& x, bool relu, const torch::Tensor& residual = {});

 private:
  torch::Tensor folded(const torch::Tensor& x, bool relu, const torch::Tensor& residual);
  void fold(bool winograd);

  std::shared_ptr<ConvLayer> conv_;
  std::shared_ptr<NormLayer> norm_;
  // What was folded, and the versions of the tensors it was made of.
  compute::WinogradWeights packed_;
  torch::Tensor weight_, bias_;
  std::int64_t version_ = -1;
};

}  // namespace ersatz::models
