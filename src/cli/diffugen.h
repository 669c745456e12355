// `ersatz diffugen`: datasets from DiffuGen's configuration files.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_diffugen(CLI::App& program);

}  // namespace ersatz::cli
