// Programs that are used but not linked.
#pragma once

#include "cli/doctor/finding.h"

namespace ersatz::cli {

void add_program_findings(Findings& findings);

}  // namespace ersatz::cli
