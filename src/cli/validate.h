// `ersatz validate`: cards, profiles and manifests against their rules, every mistake as
// file:line.
#pragma once

#include "cli/command.h"

namespace ersatz::cli {

Command add_validate(CLI::App& program);

}  // namespace ersatz::cli
