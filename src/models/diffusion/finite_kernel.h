// Whether numbers are finite, at the speed of memory.
#pragma once

#include <cstdint>

namespace ersatz::models {

// The largest of the magnitudes of `count` floating-point numbers, as bits without the sign. NaN
// and infinity have all bits of the exponent set: their magnitudes are not below that pattern
// (0x7f800000 in float32, 0x7c00 in float16, 0x7f80 in bfloat16, 0x7ff0000000000000 in float64).
std::uint16_t largest_magnitude(const std::uint16_t* bits, std::int64_t count);
std::uint32_t largest_magnitude(const std::uint32_t* bits, std::int64_t count);
std::uint64_t largest_magnitude(const std::uint64_t* bits, std::int64_t count);

}  // namespace ersatz::models
