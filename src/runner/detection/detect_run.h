// `ersatz-detect detect`.
#pragma once

#include "runner/detection/detect_options.h"

namespace ersatz::runner {

// Looks at every picture and writes what docs/detect.md describes. Throws as check_detect, the
// readers of pictures, and models::open_detector do.
void run_detect(const DetectOptions& options);

}  // namespace ersatz::runner
