#include "runner/libraries.h"

#include <fmt/format.h>
#include <ft2build.h>

#include <cstdlib>
#include FT_FREETYPE_H
#include <opencv2/core/version.hpp>

#include "compute/numerics.h"
#include "compute/torch_shim.h"
#include "core/machine.h"

namespace ersatz::runner {

std::map<std::string, std::string> library_versions() {
  return {{"libtorch", compute::libtorch_version()},
          {"opencv", CV_VERSION},
          {"freetype", fmt::format("{}.{}.{}", FREETYPE_MAJOR, FREETYPE_MINOR, FREETYPE_PATCH)}};
}

std::string device_name(const std::string& device) {
  if (device.compare(0, 4, "cuda") != 0) return core::this_machine().cpu_model;
  const std::size_t colon = device.find(':');
  return compute::cuda_device_name(
      colon == std::string::npos ? 0 : std::atoi(device.c_str() + colon + 1));
}

}  // namespace ersatz::runner
