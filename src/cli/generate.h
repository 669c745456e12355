// `ersatz generate`: becomes the program that makes images with Stable Diffusion or a GAN.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_generate(CLI::App& program);

}  // namespace ersatz::cli
