// `ersatz check`: the gates of committed results. This is the regression check of CI.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_check(CLI::App& program);

}  // namespace ersatz::cli
