// Layers that are one pass over memory instead of several. Each is differentiable and runs on any
// device and floating-point type; the fused kernels serve float32 on the CPU without gradients, and
// with gradients too group normalisation of channels-last tensors and the two gelus; those of
// compute/cuda/fused_layers.h serve float16 and bfloat16 on a GPU without gradients. All else
// libtorch computes.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

// Group normalisation (Wu & He 2018) of x [B, C, H, W], then SiLU when `silu`. Keeps the memory
// format of x; fastest for channels-last. weight, bias: [C]. A tensor that is handed over (moved
// in, nobody else holds it) is overwritten: half the memory.
torch::Tensor group_norm(torch::Tensor x, std::int64_t groups, const torch::Tensor& weight,
                         const torch::Tensor& bias, double epsilon, bool silu = false);

// x [B, C, H, W] and y [B, D, H, W] as [B, C + D, H, W]. Channels-last where both are.
torch::Tensor join_channels(const torch::Tensor& x, const torch::Tensor& y);

// Layer normalisation over the last dimension. weight, bias: [C].
torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight,
                         const torch::Tensor& bias, double epsilon);

// x [..., 2C] -> x[..., :C] * gelu(x[..., C:]) with the exact (erf) gelu (Shazeer 2020).
torch::Tensor geglu(const torch::Tensor& x);

// x * sigmoid(1.702 x), the "quick_gelu" of CLIP.
torch::Tensor quick_gelu(const torch::Tensor& x);

}  // namespace ersatz::compute
