// Differences between libtorch versions (1.13 of Debian 12, official 2.x), in this one place.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/version.h>

#include <string>

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

// What identifies a CUDA device's numerics: its index and libtorch's CUDA and cuDNN versions. The
// name of the device itself is only in headers that need the CUDA toolkit.
std::string cuda_device_name(int index);

// Whether this thread's convolutions and matrix products on CUDA compute in `type`.
void set_cuda_autocast(bool on, c10::ScalarType type);

}  // namespace ersatz::compute
