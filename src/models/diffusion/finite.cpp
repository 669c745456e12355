#include "models/diffusion/finite.h"

#include <torch/types.h>

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

// The smallest magnitudes that become infinite when rounded to the nearest number of `type`: half
// way from its largest one to what would come next.
std::uint32_t float_limit(c10::ScalarType type) {
  switch (type) {
    case torch::kFloat16:
      return 0x477ff000U;  // 65520
    case torch::kBFloat16:
      return 0x7f7f8000U;
    default:
      return 0x7f800000U;
  }
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

bool all_finite_as(const torch::Tensor& tensor, c10::ScalarType type) {
  const c10::ScalarType own = tensor.scalar_type();
  const bool wider =
      type == torch::kFloat64 || type == own || (own == torch::kFloat16 && type != torch::kFloat16);
  if (!tensor.is_floating_point() || tensor.numel() == 0 || wider ||
      (own == torch::kBFloat16 && type == torch::kFloat32)) {
    return all_finite(tensor);
  }
  const torch::Tensor data = tensor.detach().contiguous(tensor.suggest_memory_format());
  if (own == torch::kFloat32) return below<std::uint32_t>(data, float_limit(type));
  if (own == torch::kBFloat16) return below<std::uint16_t>(data, 0x4780U);  // 65536, in float16
  return all_finite(data.to(type));
}

}  // namespace ersatz::models
