// A run with everything that is hard to export.
#pragma once

#include "report/export/run_export.h"

namespace ersatz::test {

// Unicode, names that MLflow refuses, NaN and infinity, sweeps over whole and broken points, what
// was not run; a picture and a file below `folder`.
report::RunExport hard_run(const std::filesystem::path& folder);

}  // namespace ersatz::test
