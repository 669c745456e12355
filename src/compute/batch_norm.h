// Batch normalisation (Ioffe & Szegedy 2015) together with what follows it in a residual network,
// in one pass over memory instead of several. Differentiable; the numbers are those of libtorch's
// batch_norm, add, relu and max_pool2d.
//
// The fused loops serve float32 pictures on the CPU whose channels are a multiple of 16, fastest
// channels-last; anything else is computed by libtorch.
#pragma once

#include <torch/types.h>

namespace ersatz::compute {

// All tensors [C]. The running ones are changed in place by training.
struct BatchNorm {
  torch::Tensor weight, bias;
  torch::Tensor running_mean, running_var;
  double momentum = 0.1;  // share of the batch in the new running value
  double epsilon = 1e-5;
};

// x [B, C, H, W]: normalised, plus `residual` (as x, or undefined), through a ReLU when `relu`.
// `training`: by the moments of the batch, which are added to the running ones (the variance
// without bias); otherwise by the running ones. Training needs more than one number per channel
// (Error::usage).
torch::Tensor batch_norm(const torch::Tensor& x, const BatchNorm& norm, bool training, bool relu,
                         const torch::Tensor& residual = {});

// max_pool2d(relu(batch_norm(x)), 3, stride 2, padding 1).
torch::Tensor batch_norm_relu_max_pool(const torch::Tensor& x, const BatchNorm& norm,
                                       bool training);

}  // namespace ersatz::compute
