// CPU, linear algebra library, GPU, disk space.
#pragma once

#include "cli/doctor/finding.h"

namespace ersatz::cli {

void add_machine_findings(Findings& findings);

}  // namespace ersatz::cli
