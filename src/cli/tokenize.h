// `ersatz tokenize`: prompts to the ids that a model is given.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_tokenize(CLI::App& program);

}  // namespace ersatz::cli
