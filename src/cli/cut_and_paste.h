// `ersatz cutout`, `ersatz copy-paste` and `ersatz export`: cut-outs from photos, images made of them,
// and labelled datasets in other formats.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_cutout(CLI::App& program);
Command add_copy_paste(CLI::App& program);
Command add_export(CLI::App& program);

}  // namespace ersatz::cli
