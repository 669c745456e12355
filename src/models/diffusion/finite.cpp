#include "models/diffusion/finite.h"

#include <torch/torch.h>

#include <atomic>

#include "compute/parallel.h"
#include "models/diffusion/finite_kernel.h"

namespace ersatz::models {

namespace {

template <typename Word>
bool below(const torch::Tensor& tensor, Word limit) {
  const auto* bits = static_cast<const Word*>(tensor.data_ptr());
  std::atomic<bool> finite{true};
  constexpr std::int64_t kGrain = std::int64_t{1} << 18;
  compute::parallel_for(tensor.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    if (largest_magnitude(bits + begin, end - begin) >= limit) finite = false;
  });
  return finite;
}

}  // namespace

bool all_finite(const torch::Tensor& tensor) {
  if (!tensor.is_floating_point() || tensor.numel() == 0) return true;
  const torch::Tensor data = tensor.detach().contiguous(tensor.suggest_memory_format());
  switch (data.scalar_type()) {
    case torch::kFloat32:
      return below<std::uint32_t>(data, 0x7f800000U);
    case torch::kFloat16:
      return below<std::uint16_t>(data, 0x7c00U);
    case torch::kBFloat16:
      return below<std::uint16_t>(data, 0x7f80U);
    case torch::kFloat64:
      return below<std::uint64_t>(data, 0x7ff0000000000000U);
    default:
      return torch::isfinite(data).all().item<bool>();
  }
}

}  // namespace ersatz::models
