// Random numbers inside libtorch as a pure function of (seed, stream name, step).
#pragma once

#include <cstdint>
#include <string_view>

namespace ersatz::compute {

// Re-seeds libtorch's default generators (CPU, and CUDA where present) for one step of training:
// dropout masks and noise drawn afterwards depend on nothing that happened before, so a run can be
// resumed at any step without saving generator states.
void seed_step(std::uint64_t seed, std::string_view stream, std::uint64_t step);

}  // namespace ersatz::compute
