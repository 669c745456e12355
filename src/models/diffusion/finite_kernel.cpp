#include "models/diffusion/finite_kernel.h"

#include "compute/vector_isa.h"

namespace ersatz::models {

namespace {

#define ERSATZ_LANES_FILE "models/diffusion/finite_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

std::uint16_t largest_magnitude(const std::uint16_t* bits, std::int64_t count) {
  return ERSATZ_DISPATCH(largest_magnitude, bits, count);
}

std::uint32_t largest_magnitude(const std::uint32_t* bits, std::int64_t count) {
  return ERSATZ_DISPATCH(largest_magnitude, bits, count);
}

std::uint64_t largest_magnitude(const std::uint64_t* bits, std::int64_t count) {
  return ERSATZ_DISPATCH(largest_magnitude, bits, count);
}

}  // namespace ersatz::models
