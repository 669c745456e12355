// One run of `ersatz-label label`.
#pragma once

#include "runner/labelling/label_options.h"

namespace ersatz::runner {

// Labels what is not labelled yet, then writes the dataset. Interrupted after SIGINT or SIGTERM
// between pictures: the same command continues.
void run_label(const LabelCommand& options);

}  // namespace ersatz::runner
