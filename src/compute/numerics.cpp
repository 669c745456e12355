#include "compute/numerics.h"

#include <fmt/format.h>

#include "compute/device.h"
#include "compute/torch_device.h"
#include "compute/torch_shim.h"
#include "core/blas.h"

namespace ersatz::compute {

std::string libtorch_version() {
  return fmt::format("{}.{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR, TORCH_VERSION_PATCH);
}

std::string numerics_description(std::string_view device) {
  const c10::Device resolved = torch_device(device);
  if (resolved.is_cuda()) {
    return fmt::format("{} libtorch-{} {}", resolved.str(), libtorch_version(),
                       cuda_device_name(resolved.index()));
  }
  const std::string blas = core::blas_core_name();
  return fmt::format("cpu libtorch-{} threads={} blas={}", libtorch_version(),
                     at::get_num_threads(), blas.empty() ? "other" : blas);
}

}  // namespace ersatz::compute
