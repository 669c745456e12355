// Which linear algebra library the experiments will load, and with which kernels.
#pragma once

#include "cli/doctor/finding.h"

namespace ersatz::cli {

// Loads libblas.so.3 into this process, as libtorch would: what the system says about itself and
// what the dynamic linker does can differ.
void add_blas_findings(Findings& findings);

}  // namespace ersatz::cli
