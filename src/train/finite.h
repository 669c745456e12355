// Guards against saving a network that is no longer made of numbers.
#pragma once

#include <cstdint>

#include "models/safetensors.h"

namespace ersatz::train {

// Throws Error::numeric (exit 20) naming the tensor and the step when a value is not finite.
void require_finite(const models::NamedTensors& tensors, std::int64_t step);

}  // namespace ersatz::train
