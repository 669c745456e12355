// `ersatz eval`: scores of predictions against ground truth.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_eval(CLI::App& program);

}  // namespace ersatz::cli
