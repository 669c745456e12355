#include "compute/torch_shim.h"

#include <ATen/Context.h>

namespace ersatz::compute {

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
