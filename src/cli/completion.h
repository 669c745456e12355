// `ersatz completion bash|zsh`, and the hidden `ersatz __complete` that the scripts ask.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_completion(CLI::App& program);
Command add_complete(CLI::App& program);

}  // namespace ersatz::cli
