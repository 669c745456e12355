// `ersatz label`: labels for pictures.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_label(CLI::App& program);

}  // namespace ersatz::cli
