// One run of `ersatz-images eval labels`.
#pragma once

#include "runner/images/eval_labels_options.h"

namespace ersatz::runner {

// Reads both datasets, compares them and prints the scores on standard output. Warns about labels
// and pictures that do not count.
void run_eval_labels(const EvalLabelsCommand& options);

}  // namespace ersatz::runner
