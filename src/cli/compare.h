// `ersatz compare A B`: which metrics differ between two runs, and by more than noise?
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_compare(CLI::App& program);

}  // namespace ersatz::cli
