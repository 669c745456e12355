// `ersatz report`: tables, plots and report.md of committed results, made again.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_report(CLI::App& program);

}  // namespace ersatz::cli
