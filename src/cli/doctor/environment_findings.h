// ERSATZ_* variables: which are set, misspelt, or point nowhere.
#pragma once

#include "cli/doctor/finding.h"

namespace ersatz::cli {

void add_environment_findings(Findings& findings);

}  // namespace ersatz::cli
