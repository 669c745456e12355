// `ersatz detect`: objects in pictures.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_detect(CLI::App& program);

}  // namespace ersatz::cli
