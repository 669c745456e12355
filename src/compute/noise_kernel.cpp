#include "compute/noise_kernel.h"

#include "compute/vector_isa.h"

namespace ersatz::compute {

namespace {

#define ERSATZ_LANES_FILE "compute/noise_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void noise_forward(const float* x, float* y, std::uint8_t* mask, std::int64_t size,
                   std::int64_t first_block, std::int64_t last_block,
                   const NoiseSettings& settings) {
  ERSATZ_DISPATCH(noise_forward, x, y, mask, size, first_block, last_block, settings);
}

}  // namespace ersatz::compute
