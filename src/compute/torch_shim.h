// Differences between libtorch versions (1.13 of Debian 12, official 2.x), in this one place.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/version.h>

#include <string>
#include <vector>

namespace ersatz::compute {

inline constexpr bool kLibtorch2 = TORCH_VERSION_MAJOR >= 2;

// Visits (name, parameter) without depending on OrderedDict's iterator types.
template <typename Visit>
void for_each_parameter(const torch::nn::Module& module, Visit visit) {
  for (const auto& item : module.named_parameters()) visit(item.key(), item.value());
}

template <typename Visit>
void for_each_buffer(const torch::nn::Module& module, Visit visit) {
  for (const auto& item : module.named_buffers()) visit(item.key(), item.value());
}

// softmax(q k^T * scale) v of q [B, heads, N, D], k, v [B, heads, M, D], differentiable. libtorch 2
// chooses a fused kernel where it has one; 1.13 keeps the probabilities. `causal`: N == M, query i
// sees keys 0..i.
torch::Tensor scaled_dot_product(const torch::Tensor& q, const torch::Tensor& k,
                                 const torch::Tensor& v, double scale, bool causal);

// Whether scaled_dot_product of narrow types takes its sums and exponentials in float32 there, for
// heads of `width`: then scores that float16 has no room for do no harm.
bool attention_is_wide(const c10::Device& device, std::int64_t width);

// Multiplies all tensors by `factor`, one number on their device, in place: in one launch where
// libtorch can.
void multiply_all(const std::vector<torch::Tensor>& tensors, const torch::Tensor& factor);

// From here on matrix products of float32 on CUDA may be computed in TF32 (10 bits of mantissa), as
// convolutions are anyway. For training.
void allow_tf32();

// What identifies a CUDA device's numerics: its name (its index, in a build without CUDA's headers)
// and libtorch's CUDA and cuDNN versions.
std::string cuda_device_name(int index);

// Whether this thread's convolutions and matrix products on CUDA compute in `type`.
void set_cuda_autocast(bool on, c10::ScalarType type);

}  // namespace ersatz::compute
