// One run of `ersatz-diffusion diffugen run`.
#pragma once

#include "runner/diffugen/diffugen_options.h"

namespace ersatz::runner {

// Makes what is missing of the dataset that `options` ask for, task after task. Prints the
// pictures' paths, or with --json a summary of the tasks, on standard output. Interrupted after
// SIGINT or SIGTERM at the next step: what is finished by then is whole, and the same command
// continues.
void run_diffugen(const DiffuGenCommand& options);

}  // namespace ersatz::runner
