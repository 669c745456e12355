#include "generate/diffusion/skipped_steps.h"

#include <algorithm>

namespace ersatz::generate {

std::int64_t skipped_steps(std::int64_t steps, double strength) {
  const auto run = static_cast<std::int64_t>(static_cast<double>(steps) * strength);
  return std::max<std::int64_t>(steps - std::min(run, steps), 0);
}

}  // namespace ersatz::generate
