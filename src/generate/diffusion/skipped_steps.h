// Image-to-image starts in the middle of a trajectory.
#pragma once

#include <cstdint>

namespace ersatz::generate {

// Steps that are left out so that `strength` (0 .. 1) of them run: the picture takes their place.
// All of them when steps * strength < 1, as in diffusers: callers refuse that.
std::int64_t skipped_steps(std::int64_t steps, double strength);

}  // namespace ersatz::generate
