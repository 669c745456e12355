// `ersatz fetch`: brings data sets onto this machine; the only command that uses the network.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_fetch(CLI::App& program);

}  // namespace ersatz::cli
