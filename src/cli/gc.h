// `ersatz gc`: frees the space of what no run needs any more.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_gc(CLI::App& program);

}  // namespace ersatz::cli
