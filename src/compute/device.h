// Which processor computations run on. Free of libtorch types: any program may include it.
#pragma once

#include <string>
#include <string_view>

namespace ersatz::compute {

// Resolves "auto" (CUDA when this machine and this libtorch have it, else the CPU), "cpu", "cuda"
// and "cuda:N" to the exact name "cpu" or "cuda:N".
// Throws Error::usage for any other text, for CUDA where there is none, and for N out of range.
std::string resolve_device(std::string_view text);

}  // namespace ersatz::compute
