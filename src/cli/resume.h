// `ersatz resume`: goes on with a run that was interrupted, failed or died.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_resume(CLI::App& program);

}  // namespace ersatz::cli
