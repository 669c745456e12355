// A 3x3 convolution of an image that is first doubled in size, for training on the CPU.
//
// Every pixel of the doubled image sees only 2x2 different pixels of the small one, so four 2x2
// kernels, one per position within a doubled pixel, give the same in 4/9 of the multiplications,
// forth and back, and the doubled image never exists (the phases of Shi et al. 2016, "Is the
// deconvolution layer the same as a convolutional layer?").
#pragma once

#include <torch/types.h>

namespace ersatz::compute {

// conv2d(upsample_nearest(x, 2), weight, bias, padding 1), differentiable. x [B, I, H, W] (taken
// as channels-last), weight [O, I, 3, 3], bias [O] or undefined; float32 on the CPU. Returns
// [B, O, 2H, 2W], channels-last.
torch::Tensor doubled_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                             const torch::Tensor& bias);

}  // namespace ersatz::compute
