// The check of a numerical setting.
#pragma once

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::generate {

// Error::usage naming the setting when `value` is outside [low, high], or no number.
inline void require_in(const char* what, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw core::Error::usage(fmt::format("{} {} is not in {}..{}", what, value, low, high));
}

}  // namespace ersatz::generate
