// `ersatz doctor`: what this machine has, what it lacks, and the command that cures each lack.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_doctor(CLI::App& program);

}  // namespace ersatz::cli
