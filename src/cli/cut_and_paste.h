// `ersatz cutout` and `ersatz copy-paste`: cut-outs from photos, and images made of them.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_cutout(CLI::App& program);
Command add_copy_paste(CLI::App& program);

}  // namespace ersatz::cli
