#include "models/diffusion/weight_placement.h"

#include <torch/types.h>

#include <algorithm>

#include "compute/parallel.h"
#include "models/weights/weights.h"

namespace ersatz::models {

namespace {

// For every o: out[o][k][i] = in[o][i][k]. A page of inputs fits the first cache, so plain loops
// run at the speed of memory; libtorch's general copy takes several times as long.
template <typename Word>
void transpose_fields(const Word* in, Word* out, std::int64_t outputs, std::int64_t inputs,
                      std::int64_t field) {
  compute::parallel_for(outputs, 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      const Word* from = in + o * inputs * field;
      Word* to = out + o * inputs * field;
      for (std::int64_t k = 0; k < field; ++k) {
        for (std::int64_t i = 0; i < inputs; ++i) to[k * inputs + i] = from[i * field + k];
      }
    }
  });
}

// Kernels [first, ...) of a larger `result`, from contiguous `kernels` of the same type.
void transpose_into(const torch::Tensor& kernels, const torch::Tensor& result, std::int64_t first) {
  const std::int64_t outputs = kernels.size(0), inputs = kernels.size(1);
  const std::int64_t field = kernels.size(2) * kernels.size(3);
  const std::int64_t offset = first * inputs * field;
  switch (kernels.element_size()) {
    case 2:
      return transpose_fields(static_cast<const std::uint16_t*>(kernels.data_ptr()),
                              static_cast<std::uint16_t*>(result.data_ptr()) + offset, outputs,
                              inputs, field);
    case 4:
      return transpose_fields(static_cast<const std::uint32_t*>(kernels.data_ptr()),
                              static_cast<std::uint32_t*>(result.data_ptr()) + offset, outputs,
                              inputs, field);
    default:
      result.narrow(0, first, outputs).copy_(kernels);
  }
}

// The convolutions on the CPU read kernels in both orders at the same speed.
bool may_stay(const torch::Tensor& stored, const WeightPlacement& placement) {
  return placement.mapped && placement.device.is_cpu() && stored.device().is_cpu() &&
         stored.scalar_type() == placement.type && stored.is_contiguous();
}

bool is_spatial_kernel(const torch::Tensor& tensor) {
  return tensor.dim() == 4 && tensor.size(2) * tensor.size(3) > 1;
}

}  // namespace

torch::Tensor channels_last_copy(const torch::Tensor& kernel, c10::ScalarType type) {
  const torch::Tensor result =
      torch::empty(kernel.sizes(), kernel.options().dtype(type), torch::MemoryFormat::ChannelsLast);
  // Some outputs at a time, so that the converted copy never is a second whole kernel.
  constexpr std::int64_t kElements = std::int64_t{1} << 20;
  const std::int64_t outputs = kernel.size(0);
  const std::int64_t step = std::max<std::int64_t>(1, kElements * outputs / kernel.numel());
  for (std::int64_t first = 0; first < outputs; first += step) {
    const std::int64_t count = std::min(step, outputs - first);
    transpose_into(kernel.narrow(0, first, count).to(type).contiguous(), result, first);
  }
  return result;
}

torch::Tensor place_weight(const torch::Tensor& stored, const WeightPlacement& placement) {
  if (may_stay(stored, placement)) return stored;
  torch::Tensor placed;
  if (placement.as_stored) {
    placed = stored.contiguous();
  } else if (is_spatial_kernel(stored)) {
    placed = channels_last_copy(stored, placement.type);
  } else {
    placed = stored.to(placement.type).contiguous();
  }
  placed = placed.to(placement.device);
  if (placed.is_alias_of(stored)) {
    if (placement.mapped) return placed;
    placed = placed.clone();
  }
  forget_pages(stored);
  return placed;
}

}  // namespace ersatz::models
