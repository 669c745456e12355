#include "compute/torch_shim.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>

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

void set_cuda_autocast(bool on, c10::ScalarType type) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(at::kCUDA, type);
  at::autocast::set_autocast_enabled(at::kCUDA, on);
#else
  at::autocast::set_autocast_gpu_dtype(type);
  at::autocast::set_enabled(on);
#endif
}

std::string cuda_device_name(int index) {
  // Without CUDA's headers the runtime cannot be asked directly; its configuration text names the
  // CUDA and cuDNN versions, which results depend on as well.
  std::string text = at::hasCUDA() ? at::detail::getCUDAHooks().showConfig() : "no CUDA";
  for (char& c : text) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return "cuda-device-" + std::to_string(index) + " " + text;
}

}  // namespace ersatz::compute
