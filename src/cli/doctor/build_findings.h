// How this program was built, and whether the experiments' programs are there.
#pragma once

#include "cli/doctor/finding.h"

namespace ersatz::cli {

void add_build_findings(Findings& findings);

}  // namespace ersatz::cli
