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

namespace {

// libtorch 2.4 asks for the kind of device; before, each kind had functions of its own.
bool autocast_enabled(bool cuda) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  return at::autocast::is_autocast_enabled(cuda ? at::kCUDA : at::kCPU);
#else
  return cuda ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled();
#endif
}

void enable_autocast(bool cuda, bool enabled) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_enabled(cuda ? at::kCUDA : at::kCPU, enabled);
#else
  if (cuda) {
    at::autocast::set_enabled(enabled);
  } else {
    at::autocast::set_cpu_enabled(enabled);
  }
#endif
}

void set_autocast_type(bool cuda, c10::ScalarType type) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(cuda ? at::kCUDA : at::kCPU, type);
#else
  if (cuda) {
    at::autocast::set_autocast_gpu_dtype(type);
  } else {
    at::autocast::set_autocast_cpu_dtype(type);
  }
#endif
}

}  // namespace

Autocast::Autocast(c10::Device device, c10::ScalarType type)
    : active_(type != c10::ScalarType::Float),
      cuda_(device.is_cuda()),
      before_(active_ && autocast_enabled(cuda_)) {
  if (!active_) return;
  set_autocast_type(cuda_, type);
  enable_autocast(cuda_, true);
}

Autocast::~Autocast() {
  if (!active_) return;
  // Casts of weights are kept until here, not longer: the optimiser changes the weights.
  at::autocast::clear_cache();
  enable_autocast(cuda_, before_);
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
