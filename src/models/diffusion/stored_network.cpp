#include "models/diffusion/stored_network.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

#include "compute/tensor_memory.h"
#include "models/weights/weights.h"

namespace ersatz::models {

namespace {

// Weights begin at a cache line.
constexpr std::int64_t kLine = 64;

bool is_in_file(const StoredWeight& weight) {
  return weight.parameter.data_ptr() == weight.stored.data_ptr();
}

// Whether the parameter, now a view of the file, needs memory of its own to be used.
bool needs_conversion(const StoredWeight& weight) {
  return is_in_file(weight) &&
         (weight.stored.scalar_type() != weight.type || !weight.stored.is_contiguous());
}

std::int64_t converted_bytes(const StoredWeight& weight) {
  const std::int64_t bytes =
      weight.stored.numel() * static_cast<std::int64_t>(c10::elementSize(weight.type));
  return (bytes + kLine - 1) / kLine * kLine;
}

}  // namespace

void StoredNetwork::keep_in_file(std::vector<StoredWeight> weights) {
  weights_ = std::move(weights);
  aside_ = true;
}

void StoredNetwork::bring_in() const {
  if (!aside_) return;
  const torch::NoGradGuard no_grad;
  std::int64_t bytes = 0;
  for (const StoredWeight& weight : weights_) {
    if (needs_conversion(weight)) bytes += converted_bytes(weight);
  }
  // One block: malloc would keep much of what is freed piece by piece.
  const torch::Tensor memory = bytes > 0 ? compute::own_pages(bytes) : torch::Tensor();
  std::int64_t at = 0;
  for (StoredWeight& weight : weights_) {
    if (!needs_conversion(weight)) continue;
    const torch::Tensor stored = weight.stored.contiguous();
    const std::int64_t size =
        stored.numel() * static_cast<std::int64_t>(c10::elementSize(weight.type));
    const torch::Tensor converted =
        memory.narrow(0, at, size).view(weight.type).view(stored.sizes());
    converted.copy_(stored);
    at += converted_bytes(weight);
    weight.parameter.set_data(converted);
    weight.converted = converted.data_ptr();
    forget_pages(weight.stored);
  }
  // Reading a weight brought in the beginnings of its neighbours again.
  if (bytes > 0) forget_converted();
  aside_ = false;
}

void StoredNetwork::forget_converted() const {
  for (const StoredWeight& weight : weights_) {
    if (!is_in_file(weight)) forget_pages(weight.stored);
  }
}

void StoredNetwork::set_aside() const {
  const torch::NoGradGuard no_grad;
  for (StoredWeight& weight : weights_) {
    if (weight.converted != nullptr && weight.parameter.data_ptr() == weight.converted) {
      weight.parameter.set_data(weight.stored);
      weight.converted = nullptr;
    }
    forget_pages(weight.stored);
  }
  aside_ = true;
}

}  // namespace ersatz::models
