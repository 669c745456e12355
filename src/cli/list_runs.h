// The table of runs on this machine.
#pragma once

#include "cli/pattern.h"

namespace ersatz::cli {

// Prints the runs whose experiment or profile matches, newest first; returns the exit status.
int list_runs(const Pattern& pattern, bool json);

}  // namespace ersatz::cli
