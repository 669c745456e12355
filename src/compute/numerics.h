// What floating-point results depend on besides the code: part of every numeric stage's key.
#pragma once

#include <string>
#include <string_view>

namespace ersatz::compute {

// "cpu libtorch-1.13.1 threads=2 blas=SkylakeX", or
// "cuda:0 libtorch-2.4.0 NVIDIA H100 ..." with the CUDA and cuDNN versions. `device` as accepted
// by resolve_device.
std::string numerics_description(std::string_view device);

// "1.13.1"
std::string libtorch_version();

}  // namespace ersatz::compute
