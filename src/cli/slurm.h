// `ersatz slurm`: a batch script for Slurm.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_slurm(CLI::App& program);

}  // namespace ersatz::cli
