// `ersatz list`: the experiments with their profiles and the state of their committed results, or
// (--runs) the runs on this machine.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_list(CLI::App& program);

}  // namespace ersatz::cli
