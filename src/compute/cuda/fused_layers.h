// The layers of compute/fused_layers.h on a GPU, for float16 and bfloat16 without gradients: each
// reads and writes its numbers once where libtorch's functions do so several times, and group
// normalisation keeps channels-last maps as they are, which libtorch copies to and fro. Answers
// nothing where libtorch has to compute: another type, device or memory order, channels that are
// not a multiple of 8, or a machine on which the kernels cannot be compiled (then with one
// warning).
#pragma once

#include <torch/types.h>

#include <optional>

#include "compute/group_norm.h"

namespace ersatz::compute::cuda {

// x: [B, C, H, W] channels-last; weight, bias: [C]. The answer is in the memory of x when
// `overwrite`.
std::optional<torch::Tensor> group_norm(const torch::Tensor& x, const torch::Tensor& weight,
                                        const torch::Tensor& bias, const GroupNormOptions& options,
                                        bool overwrite);

// Over the last dimension of x. weight, bias: [C].
std::optional<torch::Tensor> layer_norm(const torch::Tensor& x, const torch::Tensor& weight,
                                        const torch::Tensor& bias, double epsilon);

// x [..., 2C] -> [..., C].
std::optional<torch::Tensor> geglu(const torch::Tensor& x);

// Adds to y [B, C, H, W] channels-last, in place, bias [C] or [B, C] and residual, as y. Either may
// be undefined. False where nothing was added.
bool add_terms(const torch::Tensor& y, const torch::Tensor& bias, const torch::Tensor& residual);

// Whether the kernels know the type and place of x and could be compiled for it.
bool serves(const torch::Tensor& x);

}  // namespace ersatz::compute::cuda
