// `ersatz describe ID`: everything about one experiment, from its card, profiles and manifests.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_describe(CLI::App& program);

}  // namespace ersatz::cli
