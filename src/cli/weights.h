// `ersatz weights inspect|verify|convert|random`: becomes the program that knows weight files.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_weights(CLI::App& program);

}  // namespace ersatz::cli
