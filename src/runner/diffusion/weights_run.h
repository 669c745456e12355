// `ersatz-diffusion weights`: what is in weight files, whether they are good, and other forms of
// them.
#pragma once

#include "runner/diffusion/weights_options.h"

namespace ersatz::runner {

// Returns the exit status.
int run_weights(const WeightsOptions& options);

}  // namespace ersatz::runner
