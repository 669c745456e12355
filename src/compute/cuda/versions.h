// Which CUDA libtorch computes with, from its own description of it.
#pragma once

#include <string>

namespace ersatz::compute::cuda {

// "CUDA Runtime 13.0, CuDNN 91.9" of the lines that libtorch writes about its CUDA; empty when they
// name neither.
std::string versions(const std::string& configuration);

}  // namespace ersatz::compute::cuda
