#include "compute/device.h"

#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <charconv>

#include "compute/torch_device.h"
#include "core/error.h"

namespace ersatz::compute {

namespace {

using core::Error;

int cuda_devices() {
  return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
}

std::string cuda_name(std::string_view text, int index) {
  const int count = cuda_devices();
  if (count == 0) {
    throw Error::usage(fmt::format("device '{}' was asked for, but there is no CUDA here", text),
                       "use 'cpu' or 'auto'; CUDA needs an NVIDIA driver and a libtorch built "
                       "with CUDA");
  }
  if (index >= count) {
    throw Error::usage(fmt::format("device '{}' is out of range", text),
                       fmt::format("this machine has cuda:0 to cuda:{}", count - 1));
  }
  return fmt::format("cuda:{}", index);
}

}  // namespace

std::string resolve_device(std::string_view text) {
  if (text == "cpu") return "cpu";
  if (text == "auto") return cuda_devices() > 0 ? "cuda:0" : "cpu";
  if (text == "cuda") return cuda_name(text, 0);
  constexpr std::string_view kPrefix = "cuda:";
  if (text.substr(0, kPrefix.size()) == kPrefix) {
    int index = -1;
    const std::string_view digits = text.substr(kPrefix.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (error == std::errc() && end == digits.data() + digits.size() && index >= 0) {
      return cuda_name(text, index);
    }
  }
  throw Error::usage(fmt::format("unknown device '{}'", text),
                     "use one of: auto, cpu, cuda, cuda:N");
}

c10::Device torch_device(std::string_view text) { return c10::Device(resolve_device(text)); }

}  // namespace ersatz::compute
