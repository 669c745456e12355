// Data sets: here, damaged or missing, and where they would come from.
#pragma once

#include "cli/doctor/finding.h"

namespace ersatz::cli {

void add_data_findings(Findings& findings);

}  // namespace ersatz::cli
