// Dropout and Gaussian noise in one pass over memory, from counter-based random numbers.
#pragma once

#include <cstdint>

namespace ersatz::compute {

struct NoiseSettings {
  std::uint64_t key = 0;   // names the random numbers
  float keep = 1.0F;       // probability of keeping an element; kept ones are divided by it
  float deviation = 0.0F;  // of the Gaussian noise added afterwards
};

// Elements are handled in blocks of this many; block b uses only the counters of block b, so any
// split of the blocks over threads gives the same result.
inline constexpr std::int64_t kNoiseBlock = 1024;

// For elements [kNoiseBlock * first_block, min(size, kNoiseBlock * last_block)):
// y = x * mask / keep + deviation * z, with mask in {0, 1} and z standard normal (Box-Muller on
// Philox4x32 with 7 rounds, single precision, |z| < 5.8). `mask` is also stored; it may be null.
void noise_forward(const float* x, float* y, std::uint8_t* mask, std::int64_t size,
                   std::int64_t first_block, std::int64_t last_block,
                   const NoiseSettings& settings);

}  // namespace ersatz::compute
