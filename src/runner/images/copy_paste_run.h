// `ersatz-images copy-paste`.
#pragma once

#include "runner/images/copy_paste_options.h"

namespace ersatz::runner {

// Writes the data set and prints a summary on standard output. Throws as check_copy_paste and the
// library do.
void run_copy_paste(const CopyPasteCommand& options);

}  // namespace ersatz::runner
