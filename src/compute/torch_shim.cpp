#include "compute/torch_shim.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>

#include "compute/cuda/versions.h"
#ifdef ERSATZ_WITH_CUDA
#include <c10/core/Device.h>
#include <cuda_runtime_api.h>
// Declared in ATen/cuda/CUDAContext.h, which needs the headers of more libraries than a runtime
// installation of CUDA has.
namespace at::cuda {
cudaDeviceProp* getDeviceProperties(c10::DeviceIndex device);
}
#endif

#include <cmath>
#include <limits>

namespace ersatz::compute {

torch::Tensor scaled_dot_product(const torch::Tensor& q, const torch::Tensor& k,
                                 const torch::Tensor& v, double scale, bool causal) {
#if TORCH_VERSION_MAJOR >= 2
  // Early versions know one scale only, 1 / sqrt(D).
  const double factor = scale * std::sqrt(static_cast<double>(q.size(-1)));
  const torch::Tensor query = std::abs(factor - 1) < 1e-6 ? q : q * factor;
  return at::scaled_dot_product_attention(query, k, v, {}, 0.0, causal);
#else
  torch::Tensor scores = torch::matmul(q * scale, k.transpose(-2, -1));
  if (causal) {
    const torch::Tensor later =
        torch::ones({q.size(-2), k.size(-2)}, q.options().dtype(torch::kBool)).triu(1);
    scores = scores.masked_fill(later, -std::numeric_limits<double>::infinity());
  }
  return torch::matmul(torch::softmax(scores, -1), v);
#endif
}

bool attention_is_wide(const c10::Device& device, std::int64_t width) {
#if TORCH_VERSION_MAJOR >= 2
  return device.is_cuda() && width % 8 == 0;  // what its fused kernels serve
#else
  static_cast<void>(device);
  static_cast<void>(width);
  return false;
#endif
}

void set_cuda_autocast(bool on, c10::ScalarType type) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(at::kCUDA, type);
  at::autocast::set_autocast_enabled(at::kCUDA, on);
#else
  at::autocast::set_autocast_gpu_dtype(type);
  at::autocast::set_enabled(on);
#endif
}

void multiply_all(const std::vector<torch::Tensor>& tensors, const torch::Tensor& factor) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
  at::_foreach_mul_(tensors, factor);
#else
  for (torch::Tensor tensor : tensors) tensor.mul_(factor);
#endif
}

void allow_tf32() { at::globalContext().setAllowTF32CuBLAS(true); }

std::string cuda_device_name(int index) {
  const std::string text =
      at::hasCUDA() ? cuda::versions(at::detail::getCUDAHooks().showConfig()) : "no CUDA";
#ifdef ERSATZ_WITH_CUDA
  const std::string name =
      at::cuda::getDeviceProperties(static_cast<c10::DeviceIndex>(index))->name;
#else
  const std::string name = "CUDA device " + std::to_string(index);
#endif
  return name + ", " + text;
}

}  // namespace ersatz::compute
