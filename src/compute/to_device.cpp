#include "compute/to_device.h"

#include <torch/types.h>

namespace ersatz::compute {

torch::Tensor to_device(const torch::Tensor& x, const c10::Device& device) {
  if (!device.is_cuda() || !x.is_cpu()) return x.to(device);
  return x.pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace ersatz::compute
