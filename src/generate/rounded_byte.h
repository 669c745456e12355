// Computed colours as bytes.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ersatz::generate {

// The nearest of 0 .. 255, halves up. `value` is not NaN.
inline std::uint8_t rounded_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F) + 0.5F);
}

}  // namespace ersatz::generate
