// `ersatz run ID`: becomes the program of the experiment.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_run(CLI::App& program);

}  // namespace ersatz::cli
