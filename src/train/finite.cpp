#include "train/finite.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "core/error.h"

namespace ersatz::train {

void require_finite(const models::NamedTensors& tensors, std::int64_t step) {
  for (const auto& [name, tensor] : tensors) {
    if (tensor.is_floating_point() && !torch::isfinite(tensor).all().item<bool>()) {
      throw core::Error::numeric(fmt::format("tensor '{}'", name), fmt::format("step {}", step));
    }
  }
}

}  // namespace ersatz::train
