// `ersatz train`: becomes the program that trains generative models and detectors.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_train(CLI::App& program);

}  // namespace ersatz::cli
