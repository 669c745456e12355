// One run of `ersatz-diffusion generate`.
#pragma once

#include "runner/diffusion/generate_options.h"

namespace ersatz::runner {

// Makes what is missing of the images that `options` ask for. Prints the images' paths, or with
// --json a list of them, on standard output. Interrupted after SIGINT or SIGTERM at the next step:
// the images finished by then are whole, and the same command continues.
void run_generate(const GenerateOptions& options);

}  // namespace ersatz::runner
